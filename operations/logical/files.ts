import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Database, inTransaction } from '../../lib/database.ts';
import type { FileStorage } from '../../lib/storage.ts';
import type { StoredContent } from '../backup/contents.ts';
import { type BackupKeys, openObject, putObject } from '../backup/sealing.ts';
import type { BackupTarget } from '../backup/target.ts';
import { contentsQuery } from '../contents.ts';
import type { Client } from './tables.ts';

/** Contents that have bytes, once each, by path: all of them, or those of a workspace. */
async function contentsOf(
  client: Client,
  workspaceId: string | null,
): Promise<{ path: string; sha256: string; size: string }[]> {
  const { rows } = await client.query(
    `select distinct c.path, encode(c.sha256, 'hex') as sha256, coalesce(c.bytes, 0)::text as size
     from (${await contentsQuery(client)}) as c
     where $1::uuid is null or c.workspace_id = $1
     order by 1`,
    [workspaceId],
  );
  return rows;
}

/** The key under which the bytes of a file lie; where they are encrypted, with `.age`. */
const keysOf = (path: string): string[] => [`files/${path}`, `files/${path}.age`];

const isThere = async (target: BackupTarget, path: string): Promise<boolean> =>
  (await Promise.all(keysOf(path).map((key) => target.stat(key)))).some((found) => found !== null);

class Damaged extends Error {
  override readonly message = 'These are not the bytes of that file.';
}

/** Bytes with the hash that their path says, or an error at their end. */
async function* checked(source: AsyncIterable<Uint8Array>, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const piece of source) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') !== sha256) throw new Damaged();
}

/** False where the bytes are others than the row says. */
async function copied(
  path: string,
  sha256: string,
  size: number,
  storage: FileStorage,
  target: BackupTarget,
  keys: BackupKeys,
): Promise<boolean> {
  const source = Readable.from(checked(storage.read(path), sha256), { objectMode: false });
  try {
    await putObject(target, `files/${path}`, source, keys, size);
    return true;
  } catch (error) {
    for (let each = error; each instanceof Error; each = each.cause)
      if (each instanceof Damaged) return false;
    throw error;
  }
}

/** Copies the bytes of files that a target lacks: all of them, or those of a workspace. */
export async function* copyFilesOf(
  client: Client,
  workspaceId: string | null,
  storage: FileStorage,
  target: BackupTarget,
  keys: BackupKeys,
  signal?: AbortSignal,
): AsyncGenerator<StoredContent> {
  for (const { path, sha256, size: said } of await contentsOf(client, workspaceId)) {
    signal?.throwIfAborted();
    const size = Number(said);
    if (await isThere(target, path)) {
      yield { path, sha256, size };
      continue;
    }
    const isMissing =
      (await storage.size(path)) === null || !(await copied(path, sha256, size, storage, target, keys));
    yield isMissing ? { path, sha256, size, missing: true } : { path, sha256, size };
  }
}

/** Where bytes come back from. */
export type FileSource = { target: BackupTarget; keys: BackupKeys } | { storage: FileStorage };

/** The bytes of all files of a database that was just restored. @returns the paths whose bytes are nowhere */
export function bringAllFilesBack(
  database: Database,
  storage: FileStorage,
  from: FileSource,
): Promise<string[]> {
  return inTransaction(database.pool('owner'), async (client) => {
    const contents = await contentsOf(client, null);
    return bringFilesBack(
      client,
      contents.map(({ path }) => path),
      storage,
      from,
    );
  });
}

/**
 * Puts the bytes of files back into the storage where they are gone. Nothing removes them meanwhile: the transaction of the client has
 * their locks, as one that registers a file has.
 * @returns the paths whose bytes are nowhere, or are others
 */
export async function bringFilesBack(
  client: Client,
  paths: readonly string[],
  storage: FileStorage,
  from: FileSource | undefined,
): Promise<string[]> {
  const missing: string[] = [];
  for (const path of paths) {
    await client.query('select pg_advisory_xact_lock_shared(app_private.content_lock($1))', [path]);
    if ((await storage.size(path)) !== null) continue;
    const source = await bytesOf(path, from);
    if (!source) {
      missing.push(path);
      continue;
    }
    const received = await storage.receive(source, { maxBytes: Number.MAX_SAFE_INTEGER });
    try {
      if (received.sha256.toString('hex') === path.slice(-64)) await received.place(path);
      else missing.push(path);
    } finally {
      await received.discard();
    }
  }
  return missing;
}

async function bytesOf(path: string, from: FileSource | undefined): Promise<Readable | undefined> {
  if (!from) return undefined;
  if ('storage' in from)
    return (await from.storage.size(path)) === null ? undefined : from.storage.read(path);
  for (const key of keysOf(path))
    if (await from.target.stat(key)) return openObject(from.target, key, from.keys);
  return undefined;
}
