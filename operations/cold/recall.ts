import type { Pool } from 'pg';
import { recallConversation } from '../../lib/cold-storage/recall.ts';
import { inTransaction } from '../../lib/database.ts';
import { describeError } from '../../lib/errors.ts';
import type { FileStorage } from '../../lib/storage.ts';

export interface StoredRow {
  conversation_id: string;
  storage_path: string;
  byte_size: string;
  recalled_at: Date | null;
}

/** Which: all, those of a workspace, of an owner, or one. */
export interface Which {
  workspaceId?: string | undefined;
  ownerId?: string | undefined;
  conversationId?: string | undefined;
}

const PAGE = 100;
const LIST = `select conversation_id, storage_path, byte_size, recalled_at
  from app_hidden.stored_conversations(for_workspace => $1, for_owner => $2, of_conversation => $3, after_id => $4, max_conversations => $5)`;

/** Conversations with a file in the storage, in order of their ids; their files may go while this goes on. */
export async function* storedConversations(pool: Pool, which: Which = {}): AsyncGenerator<StoredRow> {
  for (let after: string | null = null; ; ) {
    const { rows }: { rows: StoredRow[] } = await pool.query<StoredRow>(LIST, [
      which.workspaceId ?? null,
      which.ownerId ?? null,
      which.conversationId ?? null,
      after,
      PAGE,
    ]);
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.conversation_id;
  }
}

export interface RecallResult {
  recalled: number;
  released: number;
  bytes: number;
  problems: { conversationId: string; problem: string }[];
}

/**
 * Brings documents back into the database, one conversation a transaction; one that cannot be brought is reported, and the others
 * come. Called by what has to read all texts of somebody: an erasure, an export.
 * @param forGood  also lets go of the files: the job cleanup-files removes their bytes
 */
export async function recallAll(
  pool: Pool,
  storage: FileStorage,
  which: Which,
  {
    forGood = false,
    signal,
    onOne,
  }: { forGood?: boolean; signal?: AbortSignal | undefined; onOne?: (done: number) => void } = {},
): Promise<RecallResult> {
  const result: RecallResult = { recalled: 0, released: 0, bytes: 0, problems: [] };
  for await (const row of storedConversations(pool, which)) {
    if (signal?.aborted) break;
    const conversationId = row.conversation_id;
    try {
      const stored = { conversationId, path: row.storage_path };
      if (await inTransaction(pool, (client) => recallConversation(client, storage, stored))) {
        result.recalled += 1;
        result.bytes += Number(row.byte_size);
      }
      if (forGood) {
        const { rows } = await pool.query('select app_hidden.release_conversation_file($1) as is_released', [
          conversationId,
        ]);
        if (rows[0].is_released) result.released += 1;
      }
    } catch (error) {
      result.problems.push({ conversationId, problem: describeError(error) });
    }
    onOne?.(result.recalled);
  }
  return result;
}
