import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StopMode } from '../../operations/postmaster.ts';
import { createCluster } from '../../tools/postgres/cluster.ts';
import type { Binaries } from '../../tools/postgres/packages.ts';
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

/** A server of a test's own, to be stopped, killed, filled: others of the run would notice. */
export async function openOwnServer(
  binaries: Binaries,
  settings: Record<string, string> = {},
): Promise<OwnServer> {
  const folder = openTemporaryFolder();
  // durable: what was acknowledged must be there after a kill
  const cluster = await createCluster(join(folder, 'server'), { binaries });
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
