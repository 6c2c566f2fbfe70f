import { statfs } from 'node:fs/promises';
import type pg from 'pg';
import type { Kind } from './check.ts';

export interface Disk {
  bytes: number;
  free: number;
}

/** Of the file system that a folder is in. Undefined where it cannot be seen. */
async function fileSystemOf(folder: string): Promise<Disk | undefined> {
  try {
    const { blocks, bavail, bsize } = await statfs(folder);
    return blocks > 0 ? { bytes: blocks * bsize, free: bavail * bsize } : undefined;
  } catch {
    return undefined;
  }
}

/** Where the server has its data, and whether it was reached without leaving this machine. */
const WHERE = `select pg_catalog.current_setting('data_directory') as folder,
  coalesce(host(pg_catalog.inet_server_addr()) ~ '^(127\\.|::1$)', true) as "isHere"`;

/**
 * The disk that a database is on, where it is this machine's: SQL does not see how much of it is free.
 * @param client   as colloquy_monitor, which may ask where the data is
 * @param dataDir  of an embedded database
 */
export async function diskOf(
  client: Pick<pg.ClientBase, 'query'>,
  kind: Kind,
  dataDir: string,
): Promise<Disk | undefined> {
  if (kind === 'embedded') return fileSystemOf(dataDir);
  const { rows } = await client.query<{ folder: string; isHere: boolean }>(WHERE);
  return rows[0]!.isHere ? fileSystemOf(rows[0]!.folder) : undefined;
}
