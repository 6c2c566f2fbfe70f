import { createReadStream } from 'node:fs';
import { open, readdir, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ColloquyError } from '../../lib/errors.ts';
import type { RunResult } from '../run.ts';
import { ofFolder } from './folder-target.ts';
import { hashOf } from './hashing.ts';
import { type BackupKeys, compressed, openObject, putObject } from './sealing.ts';
import type { BackupTarget } from './target.ts';
import { isArchived, isSegment, numberOf } from './wal-names.ts';

export interface ShipOptions {
  /** The folder to which the server archives, or pg_receivewal writes. */
  folder: string;
  target: BackupTarget;
  keys: BackupKeys;
  /** Of the cluster whose log it is. */
  systemIdentifier: string;
  /** Leaves what was shipped in the folder. */
  keep?: boolean;
  signal?: AbortSignal | undefined;
}

export interface ShippedWal extends RunResult {
  shipped: string[];
  details: { segments: number; bytes: number; newest: string | null };
}

const PARTIAL = '.partial';

const wrong = (name: string, folder: string, why: string): ColloquyError =>
  new ColloquyError('CQ614', `${join(folder, name)} ${why}.`, {
    hint: 'Two clusters must never archive to one folder or target: stop the one that is a copy, and move the file away. A full backup begins anew.',
  });

/** Whether a segment is of this cluster, and is the one that its name says: the first page tells it. */
async function checkSegment(name: string, { folder, systemIdentifier }: ShipOptions): Promise<void> {
  const handle = await open(join(folder, name), 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(40), 0, 40, 0);
    if (bytesRead < 40) throw wrong(name, folder, 'is no segment of the log: it is too short');
    // a long page header: the position of the page, then the cluster and the size of segments
    const identifier = buffer.readBigUInt64LE(24).toString();
    const size = buffer.readUInt32LE(32);
    if (identifier !== systemIdentifier)
      throw wrong(name, folder, `is of another cluster, ${identifier}, not ${systemIdentifier}`);
    if (buffer.readBigUInt64LE(8) !== numberOf(name, size) * BigInt(size))
      throw wrong(name, folder, 'holds another part of the log than its name says');
    if ((await handle.stat()).size !== size) throw wrong(name, folder, 'is not whole');
  } finally {
    await handle.close();
  }
}

/** Whether the target has a file already, with this content; what cannot be read there is written anew. */
async function isShipped(name: string, key: string, options: ShipOptions): Promise<boolean> {
  const { target, keys, folder, keep } = options;
  const object = await target.stat(key);
  if (!object) return false;
  if (keep && object.modifiedAt >= (await stat(join(folder, name))).mtime) return true;
  if (keys.recipients.length > 0 && keys.identities.length === 0) return false;
  const [there, here] = await Promise.all([
    openObject(target, key, keys, { unpack: true }).then(hashOf),
    hashOf(createReadStream(join(folder, name))),
  ]);
  if (there.sha256 === here.sha256) return true;
  throw wrong(name, folder, `is another file than ${key} in ${target.description}`);
}

/** Puts a file into the target, and makes sure that it lies there before it may go here. Returns the bytes that it took. */
async function ship(name: string, options: ShipOptions): Promise<number> {
  const { folder, target, keys, keep } = options;
  const bare = `wal/${name}.zst`;
  const key = keys.recipients.length > 0 ? `${bare}.age` : bare;
  const isPartial = name.endsWith(PARTIAL);
  if (isSegment(name)) await checkSegment(name, options);
  let size = 0;
  if (isPartial || !(await isShipped(name, key, options))) {
    const written = await putObject(target, bare, compressed(createReadStream(join(folder, name))), keys);
    size = written.size;
    if ((await target.stat(key))?.size !== size) {
      throw new ColloquyError('CQ602', `${target.description} did not keep ${key}.`, {
        hint: 'Run this again; if it stays so, the target loses what is written to it.',
      });
    }
  }
  if (isSegment(name)) for (const end of ['', '.age']) await target.remove(`wal/${name}${PARTIAL}.zst${end}`);
  if (!keep && !isPartial) await unlink(join(folder, name));
  return size;
}

/** What basic_archive writes before a file has its name. */
const BEGUN = /^archtemp\..*\.(\d+)$/;
/** Milliseconds without a write after which it counts as left. */
const LEFT = 600_000;

/**
 * Removes what the archiver began and left, as on a full disk, of which it would take more with each try. It copies one file at a time,
 * so that all but the newest are left.
 */
async function sweepArchive(folder: string, names: readonly string[]): Promise<void> {
  const begun = names
    .flatMap((name) => {
      const at = BEGUN.exec(name)?.[1];
      return at === undefined ? [] : [{ path: join(folder, name), at: Number(at) }];
    })
    .sort((a, b) => a.at - b.at);
  const newest = begun.pop();
  for (const { path } of begun) await rm(path, { force: true });
  const last = newest && (await stat(newest.path).catch(() => undefined));
  if (last && Date.now() - last.mtimeMs > LEFT) await rm(newest.path, { force: true });
}

/**
 * Ships what was archived of the log to the target, in order, and removes it here once it lies there. May be ended and run again at
 * any moment.
 * @throws ColloquyError CQ613 where the folder cannot be read, CQ614 where a file is not what its name says
 */
export async function shipWal(options: ShipOptions): Promise<ShippedWal> {
  const { folder, signal } = options;
  const names = await readdir(folder).catch((error) => {
    throw new ColloquyError(
      'CQ613',
      `The folder of archived WAL cannot be read: ${(error as Error).message}`,
      {
        hint: 'Run this on the server, as a user who may read and write it, or name it as this machine sees it: BACKUP_ARCHIVE_DIR.',
        cause: error,
      },
    );
  });
  await sweepArchive(folder, names).catch((error) => {
    throw ofFolder(error, `the folder ${folder}`);
  });
  const shipped: string[] = [];
  let bytes = 0;
  for (const name of names.filter(isArchived).sort()) {
    signal?.throwIfAborted();
    try {
      bytes += await ship(name, options);
    } catch (error) {
      throw ofFolder(error, `the folder ${folder}`);
    }
    shipped.push(name);
  }
  const segments = shipped.filter(isSegment);
  return { shipped, details: { segments: segments.length, bytes, newest: segments.at(-1) ?? null } };
}
