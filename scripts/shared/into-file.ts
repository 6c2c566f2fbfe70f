import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { UsageError } from '../../lib/cli.ts';
import { errorCode } from '../../lib/errors.ts';
import { syncFolder } from '../../lib/sync-folder.ts';

/** A file that is there only when it is whole, and never in the place of another. */
export async function intoFile<T>(to: string, work: (target: Writable) => Promise<T>): Promise<T> {
  const half = `${to}.${randomUUID().slice(0, 8)}.half`;
  try {
    const result = await work(createWriteStream(half, { flags: 'wx', mode: 0o600, flush: true }));
    try {
      await link(half, to);
    } catch (error) {
      if (errorCode(error) === 'EEXIST')
        throw new UsageError('CQ200', `${to} is there already.`, {
          hint: 'Give another name, or remove it.',
        });
      // a file system without hard links
      await rename(half, to);
    }
    await syncFolder(dirname(to));
    return result;
  } finally {
    await rm(half, { force: true });
  }
}
