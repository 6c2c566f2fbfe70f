import { z } from 'zod';
import { backfillEmbeddings, singletonOfBackfill } from './backfill-embeddings.ts';
import { buildEmbeddingIndex } from './build-embedding-index.ts';
import { embedChunks, singletonOfEmbedding } from './embed-chunks.ts';
import { evaluateEmbeddingVersion } from './evaluate-embedding-version.ts';
import { indexSource, singletonOfSource } from './index-source.ts';
import { RETRY_PRIORITY } from './indexing/source.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { EVERY_MINUTE } from './queue-options.ts';

/** Sources that one run puts into the queue; the next run goes on. */
const MOST_SOURCES = 1000;
/** Workspaces that one run puts into the queue for vectors, and for back-fill. */
const MOST_WORKSPACES = 1000;
/** Chunks of one transaction whose language is corrected: the indexing of their workspace waits for it, some tens of milliseconds. */
const LANGUAGE_BATCH = 500;
/** Milliseconds that correcting may take in one run; the next one goes on. */
const LANGUAGE_BUDGET = 30_000;

/** Passages of one transaction that are given the context of their message. */
const CONTEXT_BATCH = 200;
/** Passages that are given it in one run: those of a model on this machine get new vectors, 40 s of its time. */
const MOST_CONTEXTS = 1000;

/**
 * Finds what has no chunks or no vectors although it should, and puts it into the queue: what lost jobs left, what failed
 * and is due again, what a budget held back, and what dead workers had claimed. Corrects what is indexed in a language that its
 * workspace no longer has.
 */
async function handle({ pool, boss, log, signal }: JobContext): Promise<object> {
  await pool.query('select app_hidden.abandon_embedding_claims()');
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
  const { rows: behind } = await pool.query<{ workspace_id: string }>(
    'select id as workspace_id from app_hidden.find_unembedded_workspaces(max_workspaces => $1) as id',
    [MOST_WORKSPACES],
  );
  const workspaces = behind.map((row) => ({ workspaceId: row.workspace_id }));
  if (workspaces.length > 0) {
    await boss.insert(
      embedChunks.queue.name,
      workspaces.map((data) => ({ data, ...singletonOfEmbedding(data), priority: RETRY_PRIORITY })),
    );
  }
  return {
    found: sources.length,
    workspaces: workspaces.length,
    ...(await sweepVersions({ pool, boss })),
    corrected: await correctLanguages({ pool, log, signal }),
    sampled: await sampleWords(pool),
    filled: await fillContexts({ pool, log, signal }),
  };
}

/** Of how many large workspaces it was measured anew how common their words are. */
async function sampleWords(pool: JobContext['pool']): Promise<number> {
  const { rows } = await pool.query<{ sampled: number }>('select app_hidden.sample_words() as sampled');
  return rows[0]?.sampled ?? 0;
}

/** Returns how many chunks have the language of their workspace now that had another one. */
async function correctLanguages({
  pool,
  log,
  signal,
}: Pick<JobContext, 'pool' | 'log' | 'signal'>): Promise<number> {
  const deadline = Date.now() + LANGUAGE_BUDGET;
  let corrected = 0;
  while (!signal.aborted && Date.now() < deadline) {
    const { rows } = await pool.query<{ chunks: number }>(
      'select app_hidden.correct_chunk_languages(max_chunks => $1) as chunks',
      [LANGUAGE_BATCH],
    );
    const chunks = rows[0]?.chunks ?? 0;
    if (chunks === 0) break;
    corrected += chunks;
  }
  if (corrected > 0) log.info({ chunks: corrected }, 'language of chunks corrected');
  return corrected;
}

/** Returns how many passages of messages have their context now that had none. New texts go first. */
async function fillContexts({
  pool,
  log,
  signal,
}: Pick<JobContext, 'pool' | 'log' | 'signal'>): Promise<number> {
  let filled = 0;
  while (!signal.aborted && filled < MOST_CONTEXTS) {
    const { rows } = await pool.query<{ chunks: number | null }>(
      `select case when not app_hidden.new_work_waits() then app_hidden.fill_message_contexts(max_chunks => $1) end as chunks`,
      [CONTEXT_BATCH],
    );
    const chunks = rows[0]?.chunks ?? 0;
    if (chunks === 0) break;
    filled += chunks;
  }
  if (filled > 0) log.info({ chunks: filled }, 'messages are found with their context');
  return filled;
}

/** The same for embedding versions other than the active one: what to fill, whose index to build, and what to evaluate. */
async function sweepVersions({ pool, boss }: Pick<JobContext, 'pool' | 'boss'>): Promise<object> {
  const { rows: behind } = await pool.query<{ version_id: string; workspace_id: string }>(
    'select version_id, workspace_id from app_hidden.find_unembedded(max_workspaces => $1)',
    [MOST_WORKSPACES],
  );
  const fills = behind.map((row) => ({ versionId: row.version_id, workspaceId: row.workspace_id }));
  if (fills.length > 0) {
    await boss.insert(
      backfillEmbeddings.queue.name,
      fills.map((data) => ({ data, ...singletonOfBackfill(data) })),
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
  return { behind: fills.length, unindexed: loaded.length, unevaluated: complete.length };
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
