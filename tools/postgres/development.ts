import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { env } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { withFileLock } from '../../lib/lock.ts';
import type { StopMode } from '../../operations/postmaster.ts';
import { findBinaries } from './acquire.ts';
import { type Cluster, createCluster, openCluster } from './cluster.ts';
import { openFolder, reachable, serverUser } from './places.ts';
import { runningServer, type Server, startServer } from './server.ts';

/**
 * The folder of this project's development server: DATA_DIR/server. As root, when the server's user cannot enter
 * that (a project in root's home), a folder under /var/lib that is named after it.
 */
export async function developmentDir(): Promise<string> {
  const usual = resolve(env.DATA_DIR, 'server');
  if (existsSync(join(usual, 'cluster.json')) || (await reachable(usual, await serverUser()))) return usual;
  const hash = createHash('sha256').update(usual).digest('hex').slice(0, 8);
  return `/var/lib/colloquy/postgres-${hash}`;
}

export interface DevelopmentOptions {
  port?: number;
  settings?: Record<string, string>;
  say?: (message: string) => void;
}

/** Starts the server of a folder, which is made when it is missing. One that runs is returned as it is. */
export async function startDevelopment(
  folder: string,
  options: DevelopmentOptions = {},
): Promise<{ server: Server; started: boolean }> {
  const dir = resolve(folder);
  await openFolder(dirname(dir), await serverUser());
  return withFileLock(`${dir}.lock`, { what: `The server's folder ${dir}`, wait: 30_000 }, async () => {
    const known = await openCluster(dir);
    const running = known && runningServer(known);
    if (running && options.port !== undefined && running.port !== options.port) {
      throw new ColloquyError('CQ028', `The server in ${dir} already runs, on port ${running.port}`, {
        hint: `npm run postgres -- stop, then start with --port ${options.port}.`,
      });
    }
    if (running) return { server: running, started: false };
    const binaries = await findBinaries(options.say);
    const cluster = known ?? (await createCluster(dir, { binaries }));
    const server = await startServer(cluster, {
      binaries,
      detached: true,
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.settings ? { settings: options.settings } : {}),
    });
    return { server, started: true };
  });
}

/** The cluster of a folder and its server, when it runs. */
export async function developmentState(folder: string): Promise<{ cluster?: Cluster; server?: Server }> {
  const cluster = await openCluster(folder);
  const server = cluster && runningServer(cluster);
  return { ...(cluster ? { cluster } : {}), ...(server ? { server } : {}) };
}

/** The running server of a folder. @throws ColloquyError CQ028 when none runs */
export async function developmentServer(folder: string): Promise<Server> {
  const { server } = await developmentState(folder);
  if (server) return server;
  throw new ColloquyError('CQ028', `No PostgreSQL runs in ${resolve(folder)}`, {
    hint: 'npm run postgres -- start (with the same --dir).',
  });
}

/** Stops the server of a folder. 'not running' when there is none. */
export async function stopDevelopment(folder: string, mode: StopMode): Promise<string> {
  const { server } = await developmentState(folder);
  return server ? server.stop(mode) : 'not running';
}
