import { type Chunked, chunkSource } from './indexing/chunk-source.ts';
import { type Source, source } from './indexing/source.ts';
import type { JobContext, JobDefinition, Singleton } from './job.ts';

/** Sources that one worker takes at a time. */
const BATCH = 16;

/** Bytes, as stored, of a document that is chunked apart from the others: it may take minutes. */
const LARGE = 1_000_000;

async function isLarge({ pool }: JobContext, { workspaceId, sourceId }: Source): Promise<boolean> {
  // its text is not read for that
  const { rows } = await pool.query(
    'select from app_public.documents where workspace_id = $1 and id = $2 and pg_column_size(content) > $3',
    [workspaceId, sourceId, LARGE],
  );
  return rows.length > 0;
}

async function handle(context: JobContext, of: Source): Promise<Chunked> {
  const apart = of.sourceType === 'document' && (await isLarge(context, of));
  const done = apart ? { chunks: 0, continued: true } : await chunkSource(context, of);
  if (done.continued)
    await context.boss.send((apart ? indexLarge : indexSource).queue.name, of, singletonOfSource(of));
  return done;
}

/** One job waits per source: what comes in meanwhile is done by the one that waits. */
export function singletonOfSource(of: Source): Singleton {
  return { singletonKey: `${of.sourceType}:${of.sourceId}`, group: { id: of.workspaceId } };
}

/**
 * Chunks a document, a memory or the new messages of a conversation, which are found by their words from then on.
 * It never waits for vectors: embed-chunks makes those, however long that takes.
 */
export const indexSource: JobDefinition<Source> = {
  queue: {
    name: 'index-source',
    policy: 'short',
    // the sweep is what tries again: a job that comes back by itself would go before newer work
    retryLimit: 0,
    expireInSeconds: 900,
    deleteAfterSeconds: 86_400,
  },
  payload: source,
  batchSize: BATCH,
  isFair: true,
  handle,
};

/** The same for large documents, so that none of the others waits for them. */
export const indexLarge: JobDefinition<Source> = {
  ...indexSource,
  queue: { ...indexSource.queue, name: 'index-large' },
  batchSize: 1,
  handle: chunkSource,
};
