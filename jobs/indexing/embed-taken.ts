import type { JobContext } from '../job.ts';
import { embedForOtherVersions } from './backfill.ts';
import type { ChunkText } from './distinct-texts.ts';
import { type EmbedOutcome, embedAndStore } from './embed-and-store.ts';
import { whileRenewing } from './renewal.ts';
import type { Version } from './source.ts';

interface Taken extends ChunkText {
  /** For how long they are ours. */
  seconds: number;
}

/** Takes the next passages of a workspace that lack a vector. No other worker gets them until they are left. */
export async function takeChunks(
  { pool }: JobContext,
  version: Version,
  workspaceId: string,
  most: number,
): Promise<Taken[]> {
  const { rows } = await pool.query<Taken>(
    `select chunk_id, content_hash, embed_text, seconds from app_hidden.take_chunks(
       for_version => $1, for_workspace => $2, max_chunks => $3)`,
    [version.id, workspaceId, most],
  );
  return rows;
}

async function embed(
  context: JobContext,
  version: Version,
  workspaceId: string,
  taken: Taken[],
): Promise<EmbedOutcome> {
  await embedForOtherVersions(context, version.id, workspaceId, taken);
  const { rows } = await context.pool.query<{ id: string }>(
    'select app_hidden.reuse_embeddings(for_version => $1, for_workspace => $2, chunk_ids => $3::uuid[]) as id',
    [version.id, workspaceId, taken.map((chunk) => chunk.chunk_id)],
  );
  const reused = new Set(rows.map((row) => row.id));
  const chunks = taken.filter((chunk) => !reused.has(chunk.chunk_id));
  if (chunks.length === 0) return { embedded: reused.size, tokens: 0, costUsd: 0, refused: 0 };
  const batch = await embedAndStore(context, version, workspaceId, chunks);
  return { ...batch, embedded: batch.embedded + reused.size };
}

/**
 * Gives passages that were taken their vectors, and leaves those that got none.
 * @throws ProviderError with retryAfter when the provider asks for patience; what succeeded is stored by then
 */
export async function embedTaken(
  context: JobContext,
  version: Version,
  workspaceId: string,
  taken: Taken[],
): Promise<EmbedOutcome> {
  const { pool } = context;
  const ids = taken.map((chunk) => chunk.chunk_id);
  const renew = () =>
    pool.query('select app_hidden.keep_chunks(for_workspace => $1, chunk_ids => $2::uuid[])', [
      workspaceId,
      ids,
    ]);
  try {
    return await whileRenewing(context, { seconds: taken[0]!.seconds, renew }, () =>
      embed(context, version, workspaceId, taken),
    );
  } finally {
    await pool.query('select app_hidden.leave_chunks(for_workspace => $1, chunk_ids => $2::uuid[])', [
      workspaceId,
      ids,
    ]);
  }
}
