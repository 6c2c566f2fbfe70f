import { describeError } from '../lib/errors.ts';
import type { ChunkText } from './chunk-texts.ts';
import type { JobContext } from './context.ts';
import { embedBatch } from './embed-batch.ts';
import { embedBehind } from './embed-behind.ts';
import { ProviderError } from './embedding/provider.ts';
import { cutDocument } from './indexing/cut-document.ts';
import { cutMemory } from './indexing/cut-memory.ts';
import { cutMessages } from './indexing/cut-messages.ts';
import { source as payload, type Source, type Version } from './indexing/source.ts';
import type { JobDefinition } from './registry.ts';

/** Vectors computed and stored at a time: what a killed worker has to compute again. */
const EMBED_BATCH = 32;
/** A job that takes longer than this many milliseconds hands the rest to a new one, so that claims stay short. */
const TIME_BUDGET = 30_000;
/** Batches of one job: a new one does the rest, behind those of others. */
const MOST_BATCHES = 8;
/** Seconds that a job waits for its provider or a passage, at most: after a longer pause the sweep finds its work. */
const LONGEST_WAIT = 30;
/** Of a job that tries again: behind whatever is new. */
export const RETRY_PRIORITY = -1;

/** What embedding has come to in one job. */
interface Done {
  chunks: number;
  embedded: number;
  tokens: number;
  costUsd: number;
  /** Passages that failed: each is tried again later by itself, or was given up. */
  refused: number;
  continued: boolean;
  /** Why the last of them failed, or why all of them wait. */
  reason?: string;
  /** Seconds until the first of them is due again. */
  nextIn?: number;
  /** The code of the budget, quota or switch that holds the rest back. */
  paused?: string;
}

/**
 * Gives the next chunks of a source their vectors.
 * @returns whether there may be more
 */
async function embedChunks(
  context: JobContext,
  { workspaceId, sourceType, sourceId }: Source,
  version: Version,
  done: Done,
): Promise<boolean> {
  const { pool } = context;
  const { rows: missing } = await pool.query<ChunkText>(
    `select chunk_id, content_hash, embed_text from app_hidden.chunks_to_embed(
       for_version => $1, for_workspace => $2, for_source_type => $3, for_source => $4, max_chunks => $5)`,
    [version.id, workspaceId, sourceType, sourceId, EMBED_BATCH],
  );
  if (missing.length === 0) return false;
  const isLast = missing.length < EMBED_BATCH;
  await embedBehind(context, version.id, workspaceId, missing);
  const { rows } = await pool.query<{ id: string }>(
    'select app_hidden.reuse_embeddings(for_version => $1, for_workspace => $2, chunk_ids => $3::uuid[]) as id',
    [version.id, workspaceId, missing.map((chunk) => chunk.chunk_id)],
  );
  const reused = new Set(rows.map((row) => row.id));
  done.embedded += reused.size;
  const chunks = missing.filter((chunk) => !reused.has(chunk.chunk_id));
  if (chunks.length === 0) return !isLast;
  const batch = await embedBatch(context, version, workspaceId, chunks);
  done.embedded += batch.embedded;
  done.tokens += batch.tokens;
  done.costUsd += batch.costUsd;
  done.refused += batch.refused;
  if (batch.reason) done.reason = batch.reason;
  if (batch.nextIn !== undefined) done.nextIn = Math.min(batch.nextIn, done.nextIn ?? batch.nextIn);
  if (batch.paused) done.paused = batch.paused;
  return !isLast && !batch.paused && !batch.isTaken;
}

/** Seconds until a job may go on whose provider asks for patience, or undefined for what is a failure. */
function patience(error: unknown): number | undefined {
  return error instanceof ProviderError ? error.retryAfter : undefined;
}

async function handle(context: JobContext, source: Source): Promise<object> {
  const deadline = Date.now() + TIME_BUDGET;
  const { rows } = await context.pool.query(
    `select id, provider, model, dimensions, chunk_size, chunk_overlap from app_public.embedding_versions where status = 'active'`,
  );
  const version: Version | undefined = rows[0];
  if (!version) return { skipped: 'no embedding version is active' };
  const done: Done = { chunks: 0, embedded: 0, tokens: 0, costUsd: 0, refused: 0, continued: false };
  const isOver = (): boolean => context.signal.aborted || Date.now() > deadline;

  if (source.sourceType === 'document') done.chunks = await cutDocument(context, source, version);
  else if (source.sourceType === 'memory') done.chunks = await cutMemory(context, source, version);
  else if (source.sourceType === 'message') {
    for (;;) {
      const added = await cutMessages(context, source, version);
      if (added === undefined) break;
      done.chunks += added;
      if (isOver()) break;
    }
  }
  for (let batches = 0; ; batches += 1) {
    if (isOver() || batches >= MOST_BATCHES) {
      await context.boss.send(indexSource.queue.name, source, singleton(source));
      return { ...done, continued: true };
    }
    try {
      if (!(await embedChunks(context, source, version, done))) break;
    } catch (error) {
      const startAfter = patience(error);
      if (startAfter === undefined) throw error;
      // not a failure of this job: it waits without using up its attempts
      context.log.warn(
        { seconds: startAfter, reason: describeError(error) },
        'indexing waits for the provider',
      );
      if (startAfter > LONGEST_WAIT) return { ...done, waits: startAfter };
      await context.boss.send(indexSource.queue.name, source, {
        ...singleton(source),
        startAfter: Math.ceil(startAfter),
      });
      return { ...done, continued: true, waits: startAfter };
    }
  }
  // what is due soon need not wait for the sweep; it goes behind what is new
  if (done.nextIn !== undefined && done.nextIn <= LONGEST_WAIT) {
    await context.boss.send(indexSource.queue.name, source, {
      ...singleton(source),
      startAfter: Math.ceil(Math.max(done.nextIn, 0)),
      priority: RETRY_PRIORITY,
    });
  }
  if (done.refused > 0 || done.paused)
    context.log.warn({ source: source.sourceId, ...done }, 'passages could not be embedded');
  return done;
}

/** One job waits per source: what comes in meanwhile is done by the one that waits. */
export function singleton(source: Source): { singletonKey: string; group: { id: string } } {
  return { singletonKey: `${source.sourceType}:${source.sourceId}`, group: { id: source.workspaceId } };
}

/** Cuts a document, a memory or the new messages of a conversation into chunks, and computes their vectors, or those of an event. */
export const indexSource: JobDefinition<Source> = {
  queue: {
    name: 'index-source',
    policy: 'short',
    // the sweep is what tries again: a job that comes back by itself would go before newer work
    retryLimit: 0,
    expireInSeconds: 900,
    deleteAfterSeconds: 86_400,
  },
  payload,
  batchSize: 1,
  isFair: true,
  handle,
};
