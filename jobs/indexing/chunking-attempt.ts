import { INLINE_CHARACTERS } from '../../chunking/chunk-in-thread.ts';
import { describeError, errorCode } from '../../lib/errors.ts';
import type { JobContext } from '../job.ts';

/** What is to be chunked. */
export interface ChunkingSubject {
  workspaceId: string;
  sourceType: 'document' | 'message' | 'memory' | 'event';
  sourceId: string;
  /** Of the text of a document or memory: another text starts afresh. */
  hash?: Buffer;
  /** Of a message in its conversation. */
  position?: number;
  /** Characters. */
  length: number;
}

/** It cannot be chunked, or the database refuses what came of it: bad data, a broken rule, too much for an index. */
const OF_TEXT = /^(CQ316|22...|23...|54...)$/;

/** Whether it may end its worker. */
export function isLarge({ length }: Pick<ChunkingSubject, 'length'>): boolean {
  return length > INLINE_CHARACTERS;
}

export function isOfText(error: unknown): boolean {
  return OF_TEXT.test(errorCode(error) ?? '');
}

/**
 * Counts that a text could not be chunked, or that the database refused what came of it, with the reason.
 * @throws what is not the text's fault
 */
export async function failChunking(
  { pool, log }: JobContext,
  { workspaceId, sourceType, sourceId, hash, position }: ChunkingSubject,
  error: unknown,
): Promise<'waits' | 'dead'> {
  if (!isOfText(error)) throw error;
  const { rows } = await pool.query<{ state: 'waits' | 'dead' | 'gone' }>(
    `select app_hidden.fail_cutting(
       for_workspace => $1, for_source_type => $2, for_source => $3, code => $4, error => $5, of_hash => $6,
       at_sequence_number => $7) as state`,
    [
      workspaceId,
      sourceType,
      sourceId,
      errorCode(error),
      error instanceof Error ? error.message : describeError(error),
      hash ?? null,
      position ?? null,
    ],
  );
  const { state } = rows[0]!;
  log.warn({ err: error, source: sourceId, position, state }, 'a text could not be chunked');
  return state === 'dead' ? 'dead' : 'waits';
}

/**
 * Chunks a text unless it waits or was given up. An attempt at a large one is counted before it begins, since its worker may not
 * survive it; a failure that is the text's own is counted, with its reason, and holds up nothing else.
 * @throws what is not the text's fault
 */
export async function attemptChunking<T>(
  context: JobContext,
  subject: ChunkingSubject,
  chunk: () => Promise<T>,
): Promise<T | 'waits' | 'dead'> {
  const { pool, signal } = context;
  const { workspaceId, sourceType, sourceId, hash, position } = subject;
  // of messages, those that failed were looked up at once
  if (isLarge(subject) || hash) {
    const { rows } = await pool.query<{ state: 'begin' | 'waits' | 'dead' }>(
      `select app_hidden.begin_cutting(
         for_workspace => $1, for_source_type => $2, for_source => $3, of_hash => $4, at_sequence_number => $5, is_large => $6) as state`,
      [workspaceId, sourceType, sourceId, hash ?? null, position ?? null, isLarge(subject)],
    );
    const { state } = rows[0]!;
    if (state !== 'begin') return state;
  }
  try {
    return await chunk();
  } catch (error) {
    if (isOfText(error)) return failChunking(context, subject, error);
    if (isLarge(subject) && signal.aborted) {
      await pool.query(
        `select app_hidden.forgive_cutting(
           for_workspace => $1, for_source_type => $2, for_source => $3, at_sequence_number => $4)`,
        [workspaceId, sourceType, sourceId, position ?? null],
      );
    }
    throw error;
  }
}
