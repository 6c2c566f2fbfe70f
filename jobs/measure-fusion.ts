import type { Pool } from 'pg';
import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';
import { measureEach } from './measuring.ts';
import { DAILY } from './queue-options.ts';

interface Target {
  version_id: string;
  version_name: string;
}

interface Weighed {
  questions: number;
  vector_weight: number;
  suggested_weight: number | null;
  was_applied: boolean;
}

/** Measures how much vectors should count beside words, per version. */
export function measureVectorWeights(pool: Pool, signal?: AbortSignal) {
  return measureEach<Target, Weighed>(
    pool,
    {
      targets: 'select * from app_hidden.fusion_to_measure()',
      measure:
        'select questions, vector_weight, suggested_weight, was_applied from app_hidden.measure_vector_weight(for_version => $1)',
      values: (target) => [target.version_id],
    },
    signal,
  );
}

async function handle({ pool, signal, log }: JobContext): Promise<object> {
  const done = { measured: 0, changed: 0 };
  for await (const { target, measured } of measureVectorWeights(pool, signal)) {
    if (!measured) continue;
    done.measured += 1;
    if (!measured.was_applied) continue;
    done.changed += 1;
    log.info(
      { event: 'vector_weight_changed', version: target.version_name, ...measured },
      'vectors count differently from now on',
    );
  }
  return done;
}

export const measureFusion: JobDefinition<object> = {
  queue: {
    name: 'measure-fusion',
    policy: 'exclusive',
    ...DAILY,
    expireInSeconds: 1800,
    schedules: { daily: { cron: '40 3 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
