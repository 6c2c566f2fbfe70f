import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { ColloquyError, errorCode } from './errors.ts';
import { syncFolder } from './sync-folder.ts';

/** Bytes that have arrived whole, and belong to no file yet. */
export interface Received {
  sha256: Buffer;
  size: number;
  /**
   * Puts them where they belong. Called while the lock of register_file is held, so that no cleanup removes them meanwhile;
   * equal content that is there already stays.
   * @param path  the column storage_path
   */
  place(path: string): Promise<void>;
  /** Ends it, whether it was placed or not. */
  discard(): Promise<void>;
}

/** An upload that was begun and never ended, and where it was to go if that was known. */
export interface Leftover {
  path: string | null;
  remove(): Promise<void>;
}

/** An address by which a client reaches the storage itself. */
export interface Link {
  url: string;
  expiresAt: Date;
}

/** Ways around this process, where the storage has them. */
export interface StorageLinks {
  /** null: it is not where an address would lead. */
  read(path: string, as: { type: string; disposition: string }): Promise<Link | null>;
  /** To write an object of exactly this size, type and hash, under a name that nobody else may choose. */
  write(
    name: string,
    what: { size: number; type: string; sha256: Buffer },
  ): Promise<Link & { headers: Record<string, string> }>;
  /** What was written there. @returns null when there is nothing */
  arrived(name: string): Promise<DirectUpload | null>;
}

/** Bytes that a client has sent to the storage itself. */
export interface DirectUpload {
  bytes(): AsyncIterable<Uint8Array>;
  /** As receive, of the bytes above, which may have been looked at on their way; they need not be sent again. */
  take(source: AsyncIterable<Uint8Array>, options: { maxBytes: number }): Promise<Received>;
}

/** Where the bytes of files are: on a disk, below, or in a bucket (s3-storage.ts). */
export interface FileStorage {
  /**
   * Takes bytes as they come, and hashes them on the way. What is interrupted leaves nothing.
   * @throws ColloquyError CQ413 above `maxBytes`, CQ507 when there is no room; whatever the source throws
   */
  receive(source: AsyncIterable<Uint8Array>, options: { maxBytes: number }): Promise<Received>;
  /** @returns null when there is no such content */
  size(path: string): Promise<number | null>;
  /** A part of a content, `end` inclusive; all of it without. */
  read(path: string, range?: { start: number; end: number }): Readable;
  /** Removes a content; none is fine. */
  remove(path: string): Promise<void>;
  /** Uploads that were not written to for a while. */
  leftovers(olderThanMilliseconds: number): AsyncIterable<Leftover>;
  /** Absent: everything goes through this process. */
  links?: StorageLinks;
}

/** Where uploads are while they arrive, beside the folders of the workspaces. */
export const INCOMING = 'incoming';
/** What the column storage_path is made of; nothing else is ever joined to the root. */
export const CONTENT_PATH = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\/[0-9a-f]{2}\/[0-9a-f]{64}$/;
/** A file system without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

function noRoom(error: unknown): unknown {
  if (!NO_ROOM.has(errorCode(error) ?? '')) return error;
  return new ColloquyError('CQ507', 'There is no room left for files', {
    hint: 'Make room where DATA_DIR is, and send it again.',
    cause: error,
  });
}

export type Facts = Pick<Received, 'sha256' | 'size'>;

/** The same bytes, hashed and counted; what they come to is known after the last. */
export async function* counted(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tell: (facts: Facts) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of source) {
    size += piece.length;
    if (size > maxBytes) {
      throw new ColloquyError('CQ413', `The file has more than ${maxBytes} bytes.`, { hint: 'Split it.' });
    }
    hash.update(piece);
    yield piece;
  }
  tell({ sha256: hash.digest(), size });
}

async function writeAll(
  handle: FileHandle,
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Facts> {
  let facts: Facts | undefined;
  const bytes = counted(source, maxBytes, (told) => {
    facts = told;
  });
  for await (const piece of bytes)
    for (let at = 0; at < piece.length; ) at += (await handle.write(piece, at)).bytesWritten;
  await handle.sync();
  return facts!;
}

/**
 * Files on this machine's disk. A content is written under a name of its own, and linked to its place when it is whole
 * and on the disk: nothing half-written is ever found, and nothing is written over. The first name stays until the upload
 * is over, so that a killed process leaves a note of where its bytes went.
 */
export function localStorage(root: string): FileStorage {
  const incoming = join(root, INCOMING);

  const placeOf = (path: string): string => {
    if (!CONTENT_PATH.test(path)) throw new Error(`"${path}" is no path of a content`);
    return join(root, path);
  };

  const linkTo = async (noted: string, path: string): Promise<void> => {
    const final = placeOf(path);
    await mkdir(dirname(final), { recursive: true, mode: 0o700 });
    try {
      await link(noted, final);
    } catch (error) {
      const code = errorCode(error) ?? '';
      if (code === 'EEXIST') return;
      if (!NO_LINKS.has(code)) throw noRoom(error);
      await rename(noted, final);
    }
    await syncFolder(dirname(final));
  };

  return {
    async receive(source, { maxBytes }) {
      await mkdir(incoming, { recursive: true, mode: 0o700 });
      let temporary = join(incoming, randomUUID());
      const discard = (): Promise<void> => rm(temporary, { force: true });
      try {
        const handle = await open(
          temporary,
          constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY,
          0o600,
        );
        try {
          const { sha256, size } = await writeAll(handle, source, maxBytes);
          return {
            sha256,
            size,
            async place(path) {
              const noted = join(incoming, `${path.replaceAll('/', '_')}_${randomUUID()}`);
              await rename(temporary, noted);
              temporary = noted;
              await linkTo(noted, path);
            },
            discard,
          };
        } finally {
          await handle.close();
        }
      } catch (error) {
        await discard();
        throw noRoom(error);
      }
    },
    async size(path) {
      try {
        return (await stat(placeOf(path))).size;
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    read(path, range) {
      return createReadStream(placeOf(path), range);
    },
    async remove(path) {
      try {
        await unlink(placeOf(path));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    async *leftovers(olderThan) {
      let names: string[];
      try {
        names = await readdir(incoming);
      } catch (error) {
        if (isMissing(error)) return;
        throw error;
      }
      for (const name of names) {
        const file = join(incoming, name);
        const found = await stat(file).catch(() => undefined);
        if (!found || Date.now() - found.mtimeMs < olderThan) continue;
        const path = name.split('_').slice(0, 3).join('/');
        yield { path: CONTENT_PATH.test(path) ? path : null, remove: () => rm(file, { force: true }) };
      }
    },
  };
}

/** The folder of files in a data folder. */
export function filesFolder(dataDir: string): string {
  return join(dataDir, 'files');
}
