import type { Pool } from 'pg';
import { z } from 'zod';
import type { JobContext } from './context.ts';
import type { JobDefinition } from './registry.ts';

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

/** Measures how much vectors should count, per version, one a transaction; without a measurement there was nothing to ask, or another run is at it. */
export async function* weighings(
  pool: Pool,
): AsyncGenerator<{ target: Target; weighed: Weighed | undefined }> {
  const { rows: targets } = await pool.query<Target>('select * from app_hidden.fusion_to_measure()');
  for (const target of targets) {
    const { rows } = await pool.query<Weighed>(
      'select questions, vector_weight, suggested_weight, was_applied from app_hidden.measure_vector_weight(for_version => $1)',
      [target.version_id],
    );
    yield { target, weighed: rows[0] };
  }
}

async function handle({ pool, signal, log }: JobContext): Promise<object> {
  const done = { measured: 0, changed: 0 };
  if (signal.aborted) return done;
  for await (const { target, weighed } of weighings(pool)) {
    if (weighed) {
      done.measured += 1;
      if (weighed.was_applied) {
        done.changed += 1;
        log.info(
          { event: 'vector_weight_changed', version: target.version_name, ...weighed },
          'vectors count differently from now on',
        );
      }
    }
    if (signal.aborted) break;
  }
  return done;
}

export const measureFusion: JobDefinition<object> = {
  queue: {
    name: 'measure-fusion',
    policy: 'exclusive',
    retryLimit: 3,
    retryDelay: 60,
    retryBackoff: true,
    expireInSeconds: 1800,
    deleteAfterSeconds: 30 * 86_400,
    schedules: { daily: { cron: '40 3 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
