import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ProviderError } from '../models/error.ts';
import { type Backfilled, backfillChunks, type MaintainedVersion } from './indexing/backfill.ts';
import type { ChunkText } from './indexing/distinct-texts.ts';
import type { JobContext, JobDefinition, Singleton } from './job.ts';

/** Vectors computed and stored at a time: what a killed worker has to compute again. */
const BATCH = 64;
/** A job that takes longer than this many milliseconds hands the rest to a new one, so that every workspace has its turn. */
const TIME_BUDGET = 20_000;
/** Milliseconds that a batch lets new work go first, at most: it does not starve. */
const YIELD = 1_000;

const payload = z.object({
  versionId: z.uuid(),
  workspaceId: z.uuid(),
  /** The last chunk that was looked at. */
  after: z.uuid().nullish(),
});
type Payload = z.infer<typeof payload>;

/** One job waits per version and workspace. */
export function singletonOfBackfill({ versionId, workspaceId }: Payload): Singleton {
  return { singletonKey: `${versionId}:${workspaceId}`, group: { id: workspaceId } };
}

async function letNewWorkGoFirst({ pool, signal }: JobContext): Promise<void> {
  const until = Date.now() + YIELD;
  while (Date.now() < until && !signal.aborted) {
    const { rows } = await pool.query('select app_hidden.new_work_waits() as waits');
    if (!rows[0].waits) return;
    await delay(100, undefined, { signal }).catch(() => {});
  }
}

/** Fills a version that is not the active one in one workspace, in the order of the chunks' ids. */
async function handle(context: JobContext, job: Payload): Promise<object> {
  const { pool, boss, signal } = context;
  const deadline = Date.now() + TIME_BUDGET;
  const { rows: versions } = await pool.query<MaintainedVersion>(
    `select id, provider, model, dimensions from app_hidden.maintained_versions() where id = $1 and status <> 'active'`,
    [job.versionId],
  );
  const version = versions[0];
  if (!version) return { skipped: 'this version is not filled any more' };
  const done = { embedded: 0, continued: false };
  let after = job.after ?? null;
  for (;;) {
    if (signal.aborted || Date.now() > deadline) {
      await boss.send(backfillEmbeddings.queue.name, { ...job, after }, singletonOfBackfill(job));
      return { ...done, continued: true };
    }
    await letNewWorkGoFirst(context);
    const { rows: chunks } = await pool.query<ChunkText & { token_count: number }>(
      `select chunk_id, content_hash, embed_text, token_count from app_hidden.chunks_to_backfill(
         for_version => $1, for_workspace => $2, after_chunk => $3, max_chunks => $4)`,
      [job.versionId, job.workspaceId, after, BATCH],
    );
    if (chunks.length === 0) return done;
    let filled: Backfilled;
    try {
      filled = await backfillChunks(context, version, job.workspaceId, chunks);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.retryAfter === undefined) throw error;
      // not a failure: the sweep finds the rest when the provider may be asked again
      return { ...done, waits: error.retryAfter };
    }
    // a budget that is spent is looked at again by the sweep
    if (filled.paused) return { ...done, paused: filled.paused, reason: filled.reason };
    const tokens = chunks.reduce((sum, chunk) => sum + chunk.token_count, 0);
    await pool.query('select app_hidden.count_backfill(for_version => $1, chunks => $2, tokens => $3)', [
      job.versionId,
      filled.embedded,
      tokens,
    ]);
    done.embedded += filled.embedded;
    after = chunks.at(-1)!.chunk_id;
  }
}

export const backfillEmbeddings: JobDefinition<Payload> = {
  queue: {
    name: 'backfill-embeddings',
    policy: 'short',
    retryLimit: 5,
    retryDelay: 10,
    retryBackoff: true,
    retryDelayMax: 600,
    expireInSeconds: 900,
    deleteAfterSeconds: 86_400,
  },
  payload,
  batchSize: 1,
  handle,
};
