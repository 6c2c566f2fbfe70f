import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { withFileLock } from '../../lib/lock.ts';
import type { StopMode } from '../../operations/postmaster.ts';
import { type Cluster, createCluster, openCluster } from '../../tools/postgres/cluster.ts';
import type { Binaries } from '../../tools/postgres/packages.ts';
import { run } from '../../tools/postgres/run.ts';
import { type Server, startServer } from '../../tools/postgres/server.ts';
import { openTemporaryFolder } from '../tools/postgres/support.ts';
import { prepareTemplate } from './template.ts';

export interface OwnServer {
  /** A migrated database, as the administrator. */
  url: string;
  /** The database `postgres` of the server. */
  adminUrl: string;
  /** Stops the server, or kills its postmaster, and starts it again at the same address. */
  restart(mode: StopMode | 'kill'): Promise<void>;
  /** kill -9 of the postmaster; it stays away until start(). */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Of the server. */
  dataDir: string;
  stop(): Promise<void>;
}

/** Of the server that is copied: its folder has little log, and none that is kept for later. */
const BRIEF = { jit: 'off', min_wal_size: '32MB', wal_recycle: 'off' };

/** A stopped server in a new folder that has the template: one is made per run, and copied. */
export async function copyPreparedCluster(folder: string, binaries: Binaries): Promise<Cluster> {
  const prepared = join(inject('scratch'), 'own-server');
  const lock = { what: 'The server to copy from', wait: 600_000 };
  await withFileLock(`${prepared}.lock`, lock, async () => {
    if (existsSync(prepared)) return;
    const half = `${prepared}.half`;
    rmSync(half, { recursive: true, force: true });
    const cluster = await createCluster(half, { binaries, durable: false });
    const server = await startServer(cluster, { binaries, durable: false, settings: BRIEF });
    await prepareTemplate(server.url).finally(() => server.stop('fast'));
    renameSync(half, prepared);
  });
  const copied = await run('cp', ['-a', '--reflink=auto', prepared, folder]);
  if (copied.code !== 0) throw new Error(copied.stderr);
  // a port of its own
  const { port: _, ...cluster } = (await openCluster(folder))!;
  return cluster;
}

/** A server of a test's own, to be stopped, killed, filled: others of the run would notice. */
export async function openOwnServer(
  binaries: Binaries,
  settings: Record<string, string> = {},
): Promise<OwnServer> {
  const folder = openTemporaryFolder();
  const cluster = await copyPreparedCluster(join(folder, 'server'), binaries);
  // durable: what was acknowledged must be there after a kill
  const start = (): Promise<Server> =>
    startServer(cluster, { binaries, settings: { jit: 'off', ...settings } });
  let server = await start();
  const url = new URL(server.url);
  url.pathname = `/${await prepareTemplate(server.url)}`;
  return {
    url: url.href,
    adminUrl: server.url,
    async restart(mode) {
      if (mode === 'kill') await server.kill();
      else await server.stop(mode);
      server = await start();
    },
    kill: () => server.kill(),
    async start() {
      server = await start();
    },
    dataDir: cluster.dataDir,
    async stop() {
      await server.stop('immediate');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
