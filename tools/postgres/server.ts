import { spawn } from 'node:child_process';
import { chmodSync, closeSync, fstatSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import {
  processRuns,
  runningPostmaster,
  type StopMode,
  stopPostmaster,
  until,
} from '../../operations/postmaster.ts';
import { asServer, type Cluster, linkZoneinfo, saveCluster, socketFolder } from './cluster.ts';
import type { Binaries } from './packages.ts';
import { tail } from './run.ts';

export interface ServerOptions {
  binaries: Binaries;
  /** Default: the cluster's last port, else a free one. */
  port?: number;
  /** Settings of postgresql.conf for this start. */
  settings?: Record<string, string>;
  /** False for data that may be lost: no fsync. Default: true. */
  durable?: boolean;
  /** True when the server must outlive this process. */
  detached?: boolean;
  /** Milliseconds until it must answer; recovery of a large server takes time. Default: 120000. */
  timeout?: number;
}

export interface Server {
  readonly cluster: Cluster;
  readonly pid: number;
  readonly port: number;
  /** The superuser over TCP, with the password. */
  readonly url: string;
  /** The superuser over the socket, without a password; only for the server's user and root. */
  readonly socketUrl: string;
  running(): boolean;
  /** Stops it: smart, then fast, then immediate; `mode` says where to begin. Returns the step that did it. */
  stop(mode?: StopMode): Promise<StopMode | 'killed' | 'not running'>;
  /** As a power cut would: kill -9 for the postmaster. */
  kill(): Promise<void>;
}

const NOT_DURABLE = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function handle(cluster: Cluster, pid: number, port: number, socketDir: string): Server {
  const server: Server = {
    cluster,
    pid,
    port,
    url: `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`,
    socketUrl: `postgres://postgres@/postgres?host=${encodeURIComponent(socketDir)}&port=${port}`,
    running: () => processRuns(pid),
    async stop(mode = 'smart') {
      if (!server.running()) return 'not running';
      const how = await stopPostmaster(pid, mode);
      if (socketDir !== cluster.dir) rmSync(socketDir, { recursive: true, force: true });
      return how;
    },
    async kill() {
      process.kill(pid, 'SIGKILL');
      await until(() => !server.running(), 10_000);
    },
  };
  return server;
}

/** The server that runs in a cluster's folder at this moment, whoever started it. */
export function runningServer(cluster: Cluster): Server | undefined {
  const found = runningPostmaster(cluster.dataDir);
  return found && handle(cluster, found.pid, found.port, found.socketDir);
}

type Answer = 'ready' | 'not yet' | { refused: unknown };

/** One connection over the socket: the only proof that a server is ready. */
async function ask(socketDir: string, port: number): Promise<Answer> {
  const client = new pg.Client({
    host: socketDir,
    port,
    user: 'postgres',
    database: 'postgres',
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return 'ready';
  } catch (error) {
    // 57P03: it starts, or recovers. The rest: there is no socket yet, or nobody behind it.
    const early = ['57P03', 'ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EAGAIN', 'EPIPE'];
    if (early.includes(errorCode(error) ?? '') || /timeout|terminated/i.test(String(error))) return 'not yet';
    return { refused: error };
  } finally {
    await client.end().catch(() => {});
  }
}

/** What one attempt came to: a server, or the last words of one that ended. */
async function attempt(cluster: Cluster, options: ServerOptions, port: number): Promise<Server | string> {
  const socketDir = socketFolder(cluster);
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: socketDir,
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(options.durable === false ? NOT_DURABLE : {}),
    ...options.settings,
  };
  const log = openSync(cluster.logFile, 'a', 0o600);
  chmodSync(cluster.logFile, 0o600);
  const before = fstatSync(log).size;
  const lastWords = (): string => readFileSync(cluster.logFile).subarray(before).toString('utf8');
  const child = spawn(
    join(options.binaries.bin, 'postgres'),
    ['-D', cluster.dataDir, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    { ...asServer(cluster), cwd: cluster.dataDir, stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  let ended: string | undefined;
  const onError = (error: Error): void => {
    ended = error.message;
  };
  const onExit = (): void => {
    ended = lastWords();
  };
  child.on('error', onError).on('exit', onExit);
  let refused: unknown;
  const ready = await until(async () => {
    if (ended !== undefined) return true;
    const answer = await ask(socketDir, port);
    if (typeof answer === 'object') refused = answer.refused;
    return answer !== 'not yet';
  }, options.timeout ?? 120_000);
  // From here on an end is not this function's business; the folder may be gone by then.
  child.off('exit', onExit);
  if (ended === undefined && ready && !refused && child.pid) {
    child.unref();
    return handle(cluster, child.pid, port, socketDir);
  }
  if (child.pid && ended === undefined) await stopPostmaster(child.pid, 'fast');
  if (socketDir !== cluster.dir) rmSync(socketDir, { recursive: true, force: true });
  if (refused)
    throw new ColloquyError('CQ023', 'The server started, but refused its superuser', { cause: refused });
  return ended ?? `it did not answer within ${options.timeout ?? 120_000} ms\n${tail(lastWords())}`;
}

/** After kill -9: the old postmaster is not collected yet, or its last children still hold the shared memory. */
const NOT_GONE = /lock file ".*" already exists|shared memory block .* is still in use/;
const PORT_TAKEN = /could not bind|Address already in use|lock file ".*\.s\.PGSQL/;

/**
 * Starts the server of a cluster and returns once it answers. It is bound to 127.0.0.1 and to a private socket.
 * A server that was killed recovers by itself.
 * @throws ColloquyError CQ023 with the server's last words
 */
export async function startServer(cluster: Cluster, options: ServerOptions): Promise<Server> {
  linkZoneinfo(cluster, options.binaries);
  const patience = Date.now() + 10_000;
  let wanted = options.port ?? cluster.port;
  for (;;) {
    const port = wanted ?? (await freePort());
    const result = await attempt(cluster, options, port);
    if (typeof result !== 'string') {
      cluster.port = port;
      saveCluster(cluster);
      if (!options.detached) stopWithProcess(result);
      return result;
    }
    const taken = PORT_TAKEN.test(result);
    const retry = Date.now() < patience && (NOT_GONE.test(result) || (taken && options.port === undefined));
    if (!retry) {
      throw new ColloquyError('CQ023', `PostgreSQL did not start in ${cluster.dir}: ${tail(result)}`, {
        hint: taken
          ? `Port ${port} is taken: give another one with --port.`
          : `The whole log is ${cluster.logFile}.`,
      });
    }
    if (taken) wanted = undefined;
    else await delay(100);
  }
}

const ours = new Set<Server>();

/** A server that was started for this process ends with it. */
function stopWithProcess(server: Server): void {
  if (ours.size === 0) {
    process.once('exit', () => {
      for (const each of ours) if (each.running()) process.kill(each.pid, 'SIGQUIT');
    });
  }
  ours.add(server);
}
