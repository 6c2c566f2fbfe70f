import { z } from 'zod';
import type { JobContext } from './context.ts';
import { indexSource, RETRY_PRIORITY, singleton } from './index-source.ts';
import type { JobDefinition } from './registry.ts';

/** Sources that one run puts into the queue; the next run goes on. */
const MOST_SOURCES = 1000;

/**
 * Finds what has no chunks or no vectors although it should, and puts it into the queue: what lost jobs left, what failed
 * and is due again, what a budget held back, and what dead workers had claimed.
 */
async function handle({ pool, boss, log }: JobContext): Promise<object> {
  await pool.query('select app_hidden.abandon_embedding_claims()');
  const { rows } = await pool.query<{
    workspace_id: string;
    source_type: 'document' | 'message' | 'memory';
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
      sources.map((data) => ({ data, ...singleton(data), priority: RETRY_PRIORITY })),
    );
    log.debug({ sources: sources.length }, 'sources wait to be indexed');
  }
  return { found: sources.length };
}

export const sweepUnindexed: JobDefinition<object> = {
  queue: {
    name: 'sweep-unindexed',
    policy: 'short',
    retryLimit: 0,
    expireInSeconds: 300,
    deleteAfterSeconds: 3600,
    schedules: { 'every-minute': { cron: '* * * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
