import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { runningPostmaster, stopPostmaster } from '../postmaster.ts';
import { findProgram } from '../programs.ts';
import type { RestoreFolder } from './folder.ts';

/** Milliseconds: a checkpoint at the end takes as long as there is to write. */
const END_IN_ORDER = 600_000;

/** A server that runs on a restored folder and that nobody but this process can reach. */
export interface PrivateServer {
  /** A connection string of the bootstrap superuser, over a socket that only the server's user may use. */
  url(database: string): string;
  /** What it has written into its log. */
  words(): string;
  stop(how?: 'in order' | 'at once'): Promise<void>;
}

/** A socket's path ends at 107 bytes, 103 on macOS. */
const SOCKET_PATH = 100;

/**
 * Whatever the copy's own settings say: it archives nothing into what it came from, follows nobody, is reached by nobody, waits
 * for no standby, loads no library that this machine may lack, and schedules nothing.
 */
const ALONE: Record<string, string> = {
  archive_mode: 'off',
  archive_library: '',
  archive_command: '',
  primary_conninfo: '',
  primary_slot_name: '',
  synchronous_standby_names: '',
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_logical_replication_workers: '0',
  shared_preload_libraries: '',
  session_preload_libraries: '',
  ssl: 'off',
  // with it, the log would be checked for settings of the other server at each change
  hot_standby: 'off',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '%m [%p] ',
  log_min_messages: 'warning',
  lc_messages: 'C',
  log_timezone: 'GMT',
  autovacuum: 'off',
  event_triggers: 'off',
  jit: 'off',
  // the whole file system at once, instead of each file
  ...(process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {}),
};

/** What a server says when it is starting, or replays. */
const EARLY = new Set(['57P03', 'ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EAGAIN', 'EPIPE']);

async function ask(config: pg.ClientConfig): Promise<'ready' | 'not yet'> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('select pg_catalog.pg_is_in_recovery() as replaying');
    return rows[0].replaying ? 'not yet' : 'ready';
  } catch (error) {
    if (EARLY.has(errorCode(error) ?? '') || /timeout|terminated/i.test(String(error))) return 'not yet';
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

/** The name of the superuser that initdb made: whatever else an administrator has renamed, its oid is 10. */
async function superuser(host: string, database: string): Promise<string> {
  for (const user of ['postgres', 'colloquy_monitor', 'colloquy_owner']) {
    const client = new pg.Client({ host, user, database });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query('select rolname from pg_catalog.pg_roles where oid = 10')).rows[0].rolname;
    } catch (error) {
      if (errorCode(error) !== '28000') throw error;
    } finally {
      await client.end().catch(() => {});
    }
  }
  return 'postgres';
}

/**
 * Starts a server on the data of a folder, and waits until it has replayed what it is to replay. It says "ready" long before, so
 * it is asked whether it still recovers; a target that it cannot reach ends it late.
 * @throws ColloquyError CQ628 with its last words
 */
export async function startPrivately(
  folder: RestoreFolder,
  serverVersion: number,
  options: {
    settings?: Record<string, string>;
    signal?: AbortSignal | undefined;
    /** Called now and then with the number of segments that were replayed. */
    progress?: (segments: number) => void;
  } = {},
): Promise<PrivateServer> {
  const usual = join(folder.path, 'socket');
  const isShort = Buffer.byteLength(join(usual, '.s.PGSQL.5432.lock')) < SOCKET_PATH;
  if (isShort) rmSync(usual, { recursive: true, force: true });
  const socket = isShort ? folder.make(usual) : mkdtempSync('/tmp/colloquy-');
  folder.own(socket);
  chmodSync(socket, 0o700);
  const file = (name: string, text: string): string => {
    const path = join(socket, name);
    writeFileSync(path, text, { mode: 0o600 });
    folder.own(path);
    return path;
  };
  const settings = {
    ...ALONE,
    port: '5432',
    data_directory: folder.data,
    // its own may lie outside of the data folder, as Debian's do, and then are not in a backup
    config_file: file('postgresql.conf', ''),
    hba_file: file('pg_hba.conf', 'local all all trust\n'),
    ident_file: file('pg_ident.conf', ''),
    unix_socket_directories: socket,
    ...options.settings,
  };
  const log = openSync(folder.log, 'a', 0o600);
  folder.own(folder.log);
  const words = (): string => readFileSync(folder.log, 'utf8');
  const program = await findProgram('postgres', serverVersion);
  const child = spawn(
    program,
    Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    {
      cwd: folder.data,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'GMT' },
      stdio: ['ignore', log, log],
      // a signal from the keyboard is for us, and we end it in order
      detached: true,
      ...(folder.user ?? {}),
    },
  );
  closeSync(log);
  let end: string | undefined;
  child.on('error', (error) => {
    end = error.message;
  });
  child.once('exit', () => {
    end = lastWords(words());
  });
  // what this process started ends with it
  const endAtExit = (): void => void child.kill('SIGQUIT');
  process.once('exit', endAtExit);
  // another server may run on the data afterwards
  let isStopped = false;
  const stop = async (how: 'in order' | 'at once' = 'at once'): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    const running = runningPostmaster(folder.data);
    if (running && how === 'in order') await stopPostmaster(running.pid, 'fast', END_IN_ORDER);
    else if (running) await stopPostmaster(running.pid, 'immediate');
    process.off('exit', endAtExit);
    rmSync(socket, { recursive: true, force: true });
  };
  // without hot standby it says so when it has been promoted; each question before that would be a line of its log
  const isReady = async (): Promise<boolean> =>
    words().includes('ready to accept connections') &&
    (await ask({ host: socket, user: 'postgres', database: 'template1' }).catch(throughOthers)) === 'ready';
  try {
    let told = Date.now();
    for (let pause = 20; !(await isReady()); pause = Math.min(pause * 1.5, 500)) {
      options.signal?.throwIfAborted();
      if (end !== undefined) {
        throw new ColloquyError('CQ628', `The restored server ended before it had replayed the log: ${end}`, {
          hint: `Its log is ${folder.log}. Correct what it names, and run this again with --force, or with an older --set.`,
        });
      }
      if (Date.now() - told > 5_000) {
        told = Date.now();
        options.progress?.(words().split('restored log file').length - 1);
      }
      await delay(pause);
    }
    // its end is no news from here on, and the folder may be gone by then
    child.removeAllListeners('exit').unref();
    const name = await superuser(socket, 'template1');
    return {
      words,
      stop,
      url: (database) =>
        `postgres://${encodeURIComponent(name)}@/${encodeURIComponent(database)}?host=${encodeURIComponent(socket)}`,
    };
  } catch (error) {
    // one that was just started may not have written its number yet
    if (end === undefined && runningPostmaster(folder.data) === undefined) child.kill('SIGQUIT');
    await stop();
    throw error;
  }
}

/** There is no role postgres: the server is ready, and tells whom it does not know. */
function throughOthers(error: unknown): 'ready' {
  if (errorCode(error) === '28000') return 'ready';
  throw error;
}

/** The last messages of a log that say why. */
function lastWords(text: string): string {
  const lines = text.trim().split('\n');
  const serious = lines.filter((line) => /(FATAL|PANIC|ERROR|HINT|DETAIL): /.test(line));
  return (serious.length > 0 ? serious : lines).slice(-4).join('\n') || 'it said nothing';
}
