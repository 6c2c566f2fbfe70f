import { z } from 'zod';
import { backfillEmbeddings, singletonOfBackfill } from './backfill-embeddings.ts';
import { buildEmbeddingIndex } from './build-embedding-index.ts';
import { embedChunks, singletonOfEmbedding } from './embed-chunks.ts';
import { evaluateEmbeddingVersion } from './evaluate-embedding-version.ts';
import { indexSource, singletonOfSource } from './index-source.ts';
import { correctLanguages, fillContexts, sampleWords } from './indexing/catch-up.ts';
import { RETRY_PRIORITY } from './indexing/source.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { EVERY_MINUTE } from './queue-options.ts';

/** Sources that one run puts into the queue; the next run goes on. */
const MOST_SOURCES = 1000;
/** Workspaces that one run puts into the queue for vectors, and for back-fill. */
const MOST_WORKSPACES = 1000;
/**
 * Finds what has no chunks or no vectors although it should, and puts it into the queue: what lost jobs left, what failed
 * and is due again, what a budget held back, and what dead workers had claimed. Ends answers that nobody writes on, so that they and
 * what is behind them are indexed. Corrects what is indexed in a language that its
 * workspace no longer has.
 */
async function handle({ pool, boss, log, signal }: JobContext): Promise<object> {
  await pool.query('select app_hidden.abandon_embedding_claims()');
  const left = await pool.query<{ ended: number }>('select app_hidden.fail_left_answers() as ended');
  const { rows } = await pool.query<{
    workspace_id: string;
    source_type: 'document' | 'message' | 'memory' | 'event';
    source_id: string;
  }>('select workspace_id, source_type, source_id from app_hidden.find_unindexed(max_sources => $1)', [
    MOST_SOURCES,
  ]);
  const sources = rows.map((row) => ({
    workspaceId: row.workspace_id,
    sourceType: row.source_type,
    sourceId: row.source_id,
  }));
  if (sources.length > 0) {
    await boss.insert(
      indexSource.queue.name,
      sources.map((data) => ({ data, ...singletonOfSource(data), priority: RETRY_PRIORITY })),
    );
    log.debug({ sources: sources.length }, 'sources wait to be indexed');
  }
  const { rows: unembedded } = await pool.query<{ workspace_id: string }>(
    'select id as workspace_id from app_hidden.find_unembedded_workspaces(max_workspaces => $1) as id',
    [MOST_WORKSPACES],
  );
  const workspaces = unembedded.map((row) => ({ workspaceId: row.workspace_id }));
  if (workspaces.length > 0) {
    await boss.insert(
      embedChunks.queue.name,
      workspaces.map((data) => ({ data, ...singletonOfEmbedding(data), priority: RETRY_PRIORITY })),
    );
  }
  return {
    ended: left.rows[0]!.ended,
    found: sources.length,
    workspaces: workspaces.length,
    ...(await sweepVersions({ pool, boss })),
    corrected: await correctLanguages({ pool, log, signal }),
    sampled: await sampleWords(pool),
    filled: await fillContexts({ pool, log, signal }),
  };
}

/** The same for embedding versions other than the active one: what to fill, whose index to build, and what to evaluate. */
async function sweepVersions({ pool, boss }: Pick<JobContext, 'pool' | 'boss'>): Promise<object> {
  const { rows: incomplete } = await pool.query<{ version_id: string; workspace_id: string }>(
    'select version_id, workspace_id from app_hidden.find_unembedded(max_workspaces => $1)',
    [MOST_WORKSPACES],
  );
  const backfills = incomplete.map((row) => ({ versionId: row.version_id, workspaceId: row.workspace_id }));
  if (backfills.length > 0) {
    await boss.insert(
      backfillEmbeddings.queue.name,
      backfills.map((data) => ({ data, ...singletonOfBackfill(data) })),
    );
  }
  const { rows: loaded } = await pool.query<{ version_id: string; partitions: number }>(
    'select version_id, partitions from app_hidden.indexes_to_build()',
  );
  for (const { version_id: versionId, partitions } of loaded) {
    await boss.send(buildEmbeddingIndex.queue.name, { versionId, partitions }, { singletonKey: versionId });
  }
  const { rows: complete } = await pool.query<{ version_id: string; baseline_id: string }>(
    'select version_id, baseline_id from app_hidden.versions_to_evaluate()',
  );
  for (const { version_id: versionId, baseline_id: baselineId } of complete) {
    await boss.send(
      evaluateEmbeddingVersion.queue.name,
      { versionId, baselineId },
      { singletonKey: `${versionId}:${baselineId}` },
    );
  }
  return { backfills: backfills.length, unindexed: loaded.length, unevaluated: complete.length };
}

export const sweepUnindexed: JobDefinition<object> = {
  queue: {
    name: 'sweep-unindexed',
    ...EVERY_MINUTE,
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
