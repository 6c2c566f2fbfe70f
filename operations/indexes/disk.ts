import { statfsSync } from 'node:fs';
import type { Database } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { formatBytes } from '../../lib/progress.ts';

/** Whether a connection string names a server on this machine. */
export function isOnThisMachine(url: string): boolean {
  const host = /^postgres(?:ql)?:\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:?]*)/.exec(url)?.[1] ?? '';
  return host === '' ? !/[?&]host=(?!%2F|\/)/i.test(url) : /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host);
}

/** Bytes free where the server keeps its data, when that is this machine and may be seen; else undefined. */
export async function freeSpace(database: Database): Promise<number | undefined> {
  if (database.kind === 'embedded' || !isOnThisMachine(database.url('monitor'))) return undefined;
  try {
    const { rows } = await database
      .pool('monitor')
      .query(`select current_setting('data_directory') as folder`);
    const { bavail, bsize } = statfsSync(rows[0].folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** What a rebuild takes for its time: a second copy of the largest index, and as much of the log for each. */
export function neededSpace(bytes: number[]): number {
  return Math.max(0, ...bytes) + bytes.reduce((sum, one) => sum + one, 0);
}

/** @throws ColloquyError CQ655 when there is less than needed */
export function demandSpace(free: number | undefined, needed: number): void {
  if (free === undefined || free >= needed) return;
  throw new ColloquyError(
    'CQ655',
    `The rebuild may take ${formatBytes(needed)} of disk for its time, and ${formatBytes(free)} are free.`,
    {
      hint: 'Make room, rebuild fewer at once (--index NAME), or go on in spite of it with --no-space-check.',
    },
  );
}
