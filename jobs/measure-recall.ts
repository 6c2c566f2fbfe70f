import type { Pool } from 'pg';
import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';
import { measureEach } from './measuring.ts';
import { DAILY } from './queue-options.ts';

interface Target {
  version_id: string;
  version_name: string;
  size_class: string;
}

interface Measurement {
  recall: number;
  objective: number;
  queries: number;
  short_returns: number;
  ef_search: number;
  suggested_ef_search: number | null;
  suggested_exact_limit: string | null;
}

/** Measures the recall of every version in every size of workspaces. */
export function measureRecalls(pool: Pool, signal?: AbortSignal) {
  return measureEach<Target, Measurement>(
    pool,
    {
      targets: 'select * from app_hidden.recall_to_measure()',
      measure: `select recall, objective, queries, short_returns, ef_search, suggested_ef_search, suggested_exact_limit
        from app_hidden.measure_recall($1, $2)`,
      values: (target) => [target.version_id, target.size_class],
    },
    signal,
  );
}

async function handle({ pool, signal, log }: JobContext): Promise<object> {
  const done = { measured: 0, below: 0 };
  for await (const { target, measured } of measureRecalls(pool, signal)) {
    if (!measured) continue;
    done.measured += 1;
    const facts = { version: target.version_name, size: target.size_class, ...measured };
    if (measured.recall < measured.objective) {
      done.below += 1;
      log.warn({ event: 'recall_below_objective', ...facts }, 'searches miss more than they should');
    }
    if (measured.short_returns > 0)
      log.error({ event: 'short_returns', ...facts }, 'searches return less than there is');
  }
  return done;
}

export const measureRecall: JobDefinition<object> = {
  queue: {
    name: 'measure-recall',
    policy: 'exclusive',
    ...DAILY,
    expireInSeconds: 1800,
    schedules: { daily: { cron: '10 3 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
