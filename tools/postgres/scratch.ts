import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireFileLock, readLock, withFileLock } from '../../lib/lock.ts';
import { createCluster, openCluster } from './cluster.ts';
import type { Binaries } from './packages.ts';
import { cacheDir, openFolder, serverUser } from './places.ts';
import { runningServer, type Server, startServer } from './server.ts';

const KEPT_MARK = 'kept';

export interface ScratchServer {
  server: Server;
  /** Ends the server and deletes its data, or keeps the folder (stopped) for a look. */
  stop(options?: { keep?: boolean }): Promise<void>;
}

export interface ScratchOptions {
  /** Default: `cacheDir()`. */
  cache?: string;
  settings?: Record<string, string>;
  /** How many folders that were kept for a look may stay; older ones are removed now. Default: 3. */
  retain?: number;
}

/** Ends and removes what runs left behind that were killed, and all but the newest kept folders. */
async function sweep(parent: string, retain: number): Promise<void> {
  const folders = readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(parent, entry.name))
    .sort()
    .reverse();
  let kept = 0;
  for (const dir of folders) {
    if (readLock(`${dir}.lock`)) continue;
    const cluster = await openCluster(dir);
    const server = cluster && runningServer(cluster);
    if (existsSync(join(dir, KEPT_MARK)) && (server || kept < retain)) {
      kept += 1;
      continue;
    }
    await server?.stop('immediate');
    rmSync(dir, { recursive: true, force: true });
    rmSync(`${dir}.lock`, { force: true });
  }
}

/**
 * A server for tests and benches: new, empty, without fsync, gone afterwards. Its folder is locked by this process;
 * when the process was killed, the next call finds and removes what it left.
 */
export async function scratchServer(
  binaries: Binaries,
  options: ScratchOptions = {},
): Promise<ScratchServer> {
  const parent = join(options.cache ?? cacheDir(), 'scratch');
  await openFolder(parent, await serverUser());
  const name = `${Date.now().toString(36)}-${randomBytes(3).toString('hex')}`;
  const dir = join(parent, name);
  const guard = { what: 'The folder of scratch servers', wait: 60_000 };
  const lock = await withFileLock(join(parent, 'sweep.lock'), guard, async () => {
    await sweep(parent, options.retain ?? 3);
    mkdirSync(dir, { mode: 0o700 });
    return acquireFileLock(`${dir}.lock`, { what: `The scratch server ${dir}` });
  });
  try {
    const cluster = await createCluster(dir, { binaries, durable: false });
    const server = await startServer(cluster, {
      binaries,
      durable: false,
      settings: { max_connections: '200', max_wal_size: '2GB', jit: 'off', ...options.settings },
    });
    return {
      server,
      async stop({ keep = false } = {}) {
        if (keep) {
          await server.stop('fast');
          writeFileSync(join(dir, KEPT_MARK), '');
        } else {
          await server.stop('immediate');
          rmSync(dir, { recursive: true, force: true });
        }
        lock.release();
      },
    };
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    lock.release();
    throw error;
  }
}
