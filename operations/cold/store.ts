import type { Pool } from 'pg';
import {
  DamagedFile,
  decodeFile,
  encodeFile,
  type FilePart,
  hashOf,
  linesOf,
  type Manifest,
} from '../../lib/cold-storage/format.ts';
import { inTransaction } from '../../lib/database.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import type { FileStorage } from '../../lib/storage.ts';
import { removeContent } from '../remove-content.ts';

/** A conversation that app_hidden.conversations_to_store names. */
export interface Candidate {
  conversationId: string;
  workspaceId: string;
  messages: number;
  /** Of its archive. */
  archive: Buffer;
  /** A file that has its documents already: they came back to be read. */
  path: string | null;
}

export interface Stored {
  /** busy: somebody has it; held: a legal hold came; changed: it is another by now. All wait for a later run. */
  outcome: 'stored' | 'busy' | 'held' | 'changed';
  bytes: number;
  /** What the documents took in the database, compressed. */
  bytesBefore: number;
  /** Whether the file was there already. */
  wasThere: boolean;
}

const CANDIDATES = `select conversation_id as "conversationId", workspace_id as "workspaceId", messages, archive_sha256 as archive,
    storage_path as path
  from app_hidden.conversations_to_store(cold_days => $1, of_conversation => $2, after_id => $3, max_conversations => $4)`;

/** Which of them. */
export interface Choice {
  /** Absent: as the setting says. */
  coldDays?: number | undefined;
  conversationId?: string | undefined;
}

/** The next conversations that are to be stored. */
export async function candidates(
  pool: Pool,
  options: Choice,
  after: string | null,
  most: number,
): Promise<Candidate[]> {
  const { coldDays = null, conversationId = null } = options;
  return (await pool.query<Candidate>(CANDIDATES, [coldDays, conversationId, after, most])).rows;
}

async function manifestOf(pool: Pool, one: Candidate): Promise<{ manifest: Manifest; bytesBefore: number }> {
  const { rows } = await pool.query<FilePart & { bytes: number | null }>(
    `select packed, part, first_id as "firstId", last_id as "lastId", row_count as rows, columns, encode(sha256, 'hex') as sha256, bytes
     from app_hidden.archived_parts($1)`,
    [one.conversationId],
  );
  const bytesBefore = rows.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const manifest: Manifest = {
    format: 1,
    conversationId: one.conversationId,
    workspaceId: one.workspaceId,
    messages: one.messages,
    sha256: one.archive.toString('hex'),
    parts: rows.map(({ bytes, ...part }) => part),
  };
  return { manifest, bytesBefore };
}

async function* documentsOf(pool: Pool, { conversationId, parts }: Manifest): AsyncIterable<string> {
  for (const { packed, part, rows, sha256 } of parts) {
    const { rows: found } = await pool.query<{ document: string | null }>(
      'select app_hidden.archived_document($1, $2, $3) as document',
      [conversationId, packed, part],
    );
    const document = found[0]?.document;
    if (document == null || hashOf(document) !== sha256 || linesOf(document).length !== rows) {
      throw new ColloquyError('CQ723', `The archive of conversation ${conversationId} changed meanwhile.`, {
        hint: 'Nothing was changed. The next run looks again.',
      });
    }
    yield document;
  }
}

/** Whether a file has exactly the documents of a manifest; read from its first byte to its last. */
async function isWhole(storage: FileStorage, path: string, wanted: Manifest): Promise<boolean> {
  const found: string[] = [];
  try {
    for await (const { manifest, part, document } of decodeFile(storage.read(path), path.slice(-64))) {
      if (manifest.conversationId !== wanted.conversationId) return false;
      const same = wanted.parts[found.length];
      if (same?.packed !== part.packed || same.part !== part.part || hashOf(document) !== same.sha256)
        return false;
      found.push(part.sha256);
    }
  } catch (error) {
    if (error instanceof DamagedFile || errorCode(error) === 'ENOENT') return false;
    throw error;
  }
  return found.length === wanted.parts.length;
}

/** Lets the documents leave the database, once the file was seen to have them. */
async function replace(
  pool: Pool,
  storage: FileStorage,
  { conversationId, archive }: Candidate,
  manifest: Manifest,
  path: string,
  place: () => Promise<void>,
): Promise<Pick<Stored, 'outcome' | 'bytes'> | null> {
  return inTransaction(pool, async (client) => {
    await client.query('select app_hidden.hold_content($1)', [path]);
    await place();
    if (!(await isWhole(storage, path, manifest))) return null;
    const bytes = await storage.size(path);
    const { rows } = await client.query<{ outcome: Stored['outcome'] }>(
      'select app_hidden.store_conversation($1, $2, $3, $4) as outcome',
      [conversationId, archive, path, bytes],
    );
    return { outcome: rows[0]!.outcome, bytes: bytes ?? 0 };
  });
}

/**
 * Puts the documents of a cold conversation into a file. They leave the database in one transaction, after the file was written and
 * synced, and read back from its first byte to its last. Killed anywhere, it leaves the conversation as it was, and at most
 * bytes that the job cleanup-files removes.
 * @throws ColloquyError CQ507 when there is no room, CQ722 when what was written is not what is read back, CQ723 when the archive changed meanwhile
 */
export async function storeConversation(pool: Pool, storage: FileStorage, one: Candidate): Promise<Stored> {
  const { manifest, bytesBefore } = await manifestOf(pool, one);
  if (one.path !== null) {
    const again = await replace(pool, storage, one, manifest, one.path, async () => {});
    if (again) return { ...again, bytesBefore, wasThere: true };
  }
  const received = await storage.receive(encodeFile(manifest, documentsOf(pool, manifest)), {
    maxBytes: Number.MAX_SAFE_INTEGER,
  });
  // a note of where the bytes went stays, where they could not be removed
  let isSettled = true;
  try {
    const hex = received.sha256.toString('hex');
    const path = `${one.workspaceId}/${hex.slice(0, 2)}/${hex}`;
    const place = async (): Promise<void> => {
      // what is damaged under this name is written anew
      if ((await storage.size(path)) !== null && !(await isWhole(storage, path, manifest)))
        await storage.remove(path);
      await received.place(path);
    };
    let isStored = false;
    try {
      const stored = await replace(pool, storage, one, manifest, path, place);
      if (!stored) throw new DamagedFile('what was written is not what is read back');
      isStored = stored.outcome === 'stored';
      return { ...stored, bytesBefore, wasThere: false };
    } finally {
      if (!isStored) {
        isSettled = false;
        // unless somebody has the same ones; killed before, the job cleanup-files does it
        await removeContent(pool, storage, path);
        isSettled = true;
      }
    }
  } finally {
    if (isSettled) await received.discard();
  }
}
