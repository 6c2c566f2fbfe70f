import { Readable } from 'node:stream';
import type { Pool } from 'pg';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import type { FileStorage } from '../../lib/storage.ts';
import { hashing } from './hashing.ts';
import { type BackupKeys, bareName, putObject } from './sealing.ts';
import { sortedFinder } from './sorted-finder.ts';
import type { BackupTarget } from './target.ts';

/** A line of files.ndjson: a content of the storage of files. Of one whose bytes were not there, `missing`. */
export interface StoredContent {
  path: string;
  sha256: string;
  size: number;
  missing?: true;
}

export interface CopiedContents {
  count: number;
  bytes: number;
  /** Those that were not in the target already. */
  copied: number;
  /** Paths whose bytes are not in the storage, or are others than the row says. */
  missing: string[];
}

interface Row {
  storage_path: string;
  sha256: string;
  byte_size: string | null;
  is_wanted: boolean;
}

const PAGE = 1000;
/** Files that are on their way at once: most are small, and wait for the disk. */
const AT_ONCE = 8;

/** The contents of one snapshot of the database, by path. */
async function* storedContents(pool: Pool): AsyncIterable<Row> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query('begin isolation level repeatable read read only');
    await client.query(
      'declare contents no scroll cursor for select storage_path, sha256, byte_size, is_wanted from app_hidden.stored_contents()',
    );
    for (;;) {
      const { rows } = await client.query<Row>(`fetch ${PAGE} from contents`);
      yield* rows;
      if (rows.length < PAGE) break;
    }
    await client.query('commit');
    isBroken = false;
  } catch (error) {
    if (errorCode(error) !== '42883') throw error;
    throw new ColloquyError(
      'CQ018',
      'The database is of a version that cannot list its files for a backup.',
      {
        hint: 'npm run migrate first; or take it --without-files, and copy files/ of DATA_DIR after it.',
        cause: error,
      },
    );
  } finally {
    client.release(isBroken);
  }
}

/** The paths of the contents that a target has, encrypted or not. */
async function* pathsIn(target: BackupTarget, isEncrypted: boolean): AsyncIterable<string> {
  for await (const { key } of target.list('files/')) {
    const name = bareName(key);
    if ((name !== key) === isEncrypted) yield name.slice('files/'.length);
  }
}

class Damaged extends Error {}

/** Copies a content, whole and with the hash that its row has, or not at all. */
async function copyContent(
  { path, sha256 }: Pick<StoredContent, 'path' | 'sha256'>,
  size: number,
  storage: FileStorage,
  target: BackupTarget,
  keys: BackupKeys,
): Promise<void> {
  const hash = hashing();
  async function* checked(): AsyncIterable<Uint8Array> {
    yield* hash.of(storage.read(path));
    if (hash.result().sha256 !== sha256) throw new Damaged(path);
  }
  await putObject(target, `files/${path}`, Readable.from(checked(), { objectMode: false }), keys, size);
}

/** The error of a target, or that of the bytes that did not have their hash, however it is wrapped. */
function isDamage(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof Damaged) return true;
  return false;
}

/**
 * Copies the bytes of files that the target lacks, as one snapshot of the database has them. Call it after the database was copied,
 * while the lock `contents` is held since before: then whatever is a row of the copy is in the storage, or in the target.
 * @param onContent  gets a line of files.ndjson for each
 * @param onCopy     bytes that were copied
 */
export async function copyContents(
  pool: Pool,
  storage: FileStorage,
  target: BackupTarget,
  keys: BackupKeys,
  {
    signal,
    onContent,
    onCopy,
  }: {
    signal?: AbortSignal | undefined;
    onContent?: (content: StoredContent) => Promise<void>;
    onCopy?: (bytes: number) => void;
  },
): Promise<CopiedContents> {
  const done: CopiedContents = { count: 0, bytes: 0, copied: 0, missing: [] };
  const isThere = sortedFinder(pathsIn(target, keys.recipients.length > 0));

  const take = async (
    { storage_path: path, sha256, byte_size, is_wanted }: Row,
    isCopied: boolean,
  ): Promise<StoredContent | null> => {
    let size = byte_size === null ? null : Number(byte_size);
    if (!isCopied || size === null) {
      const stored = await storage.size(path);
      if (stored === null && !isCopied)
        return is_wanted ? { path, sha256, size: size ?? 0, missing: true } : null;
      size ??= stored ?? (await target.stat(`files/${path}`))?.size ?? 0;
    }
    if (isCopied) return { path, sha256, size };
    try {
      await copyContent({ path, sha256 }, size, storage, target, keys);
    } catch (error) {
      if (!isDamage(error)) throw error;
      return is_wanted ? { path, sha256, size, missing: true } : null;
    }
    done.copied += 1;
    onCopy?.(size);
    return { path, sha256, size };
  };

  const settle = async (batch: Promise<StoredContent | null>[]): Promise<void> => {
    // all of them end before an error is thrown on
    const settled = await Promise.allSettled(batch);
    for (const each of settled) if (each.status === 'rejected') throw each.reason;
    for (const each of settled) {
      const content = each.status === 'fulfilled' ? each.value : null;
      if (!content) continue;
      if (content.missing) done.missing.push(content.path);
      else {
        done.count += 1;
        done.bytes += content.size;
      }
      await onContent?.(content);
    }
  };

  let batch: Promise<StoredContent | null>[] = [];
  try {
    for await (const row of storedContents(pool)) {
      signal?.throwIfAborted();
      const taking = take(row, await isThere.has(row.storage_path));
      // it is looked at with its batch, and one that failed earlier must not count as nobody's
      taking.catch(() => {});
      batch.push(taking);
      if (batch.length === AT_ONCE) {
        await settle(batch);
        batch = [];
      }
    }
    await settle(batch);
  } finally {
    await Promise.allSettled(batch);
    await isThere.close();
  }
  return done;
}

/** Says what bytes are missing, in a line or two. */
export function describeMissing(missing: readonly string[]): string | undefined {
  if (missing.length === 0) return undefined;
  const some = missing.slice(0, 5).join(', ');
  return `${missing.length} files have rows, and their bytes are not in the storage, or are others: ${some}${missing.length > 5 ? ' …' : ''}. The backup is usable without them. Is DATA_DIR the folder of the API and the workers?`;
}
