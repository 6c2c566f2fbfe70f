import { z } from 'zod';
import { describeError } from '../lib/errors.ts';
import { readDue } from '../operations/indexes/facts.ts';
import { rebuildIndex } from '../operations/indexes/rebuild.ts';
import { measureVersions } from '../operations/indexes/recall.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { maintainingAsWorker } from './maintaining.ts';
import { WEEKLY } from './queue-options.ts';

/** Milliseconds that one attempt waits for long transactions. */
const PATIENCE = 600_000;

/**
 * Rebuilds what the settings call due, the most urgent first, and vacuums partitions of vectors then. What is left when the time is up, or
 * when the process ends, is due next time as well.
 */
async function handle(context: JobContext): Promise<object> {
  const { pool, log, signal } = context;
  return maintainingAsWorker(context, 'reindex', async (maintainer, { isTimeUp, memory }) => {
    const sweep = async (): Promise<string[]> =>
      (
        await pool.query<{ name: string }>('select * from app_hidden.drop_index_leftovers() as name')
      ).rows.map(({ name }) => name);
    const done = { leftoversDropped: (await sweep()).length, rebuilt: [] as string[], failed: 0, left: 0 };
    const due = await readDue(pool);
    for (const rebuild of due) {
      if (isTimeUp()) {
        done.left += 1;
        continue;
      }
      try {
        const result = await rebuildIndex(maintainer, rebuild, {
          pool,
          recorder: pool,
          memory,
          patience: PATIENCE,
          bound: 60_000,
          dropLeftovers: sweep,
          signal,
          onBlocked: ({ pid, application, age }) =>
            log.warn(
              { index: rebuild.index, pid, application, age },
              'a long transaction keeps a rebuild waiting',
            ),
        });
        done.rebuilt.push(result.index);
        log.info(result, 'index rebuilt');
      } catch (error) {
        if (signal.aborted) throw error;
        done.failed += 1;
        log.error({ index: rebuild.index, reason: describeError(error) }, 'an index was not rebuilt');
      }
    }
    const versions = new Set(
      due.filter(({ index }) => done.rebuilt.includes(index)).flatMap(({ versionId }) => versionId ?? []),
    );
    const recall = versions.size > 0 ? await measureVersions(pool, versions, signal) : [];
    return { ...done, recall };
  });
}

export const indexHealth: JobDefinition<object> = {
  queue: {
    name: 'index-health',
    ...WEEKLY,
    schedules: { weekly: { cron: '0 3 * * 0' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
