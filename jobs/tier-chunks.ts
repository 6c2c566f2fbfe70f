import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';
import { DAILY } from './queue-options.ts';

interface Step {
  looked: number;
  hot: number;
  warm: number;
  cold: number;
}

/**
 * Moves chunks between hot, warm and cold: each step is a transaction that looks at a bounded number of them, in turns of the workspaces.
 * What is left when the time is up is where the next run begins.
 */
async function handle({ pool, signal }: JobContext): Promise<object> {
  const { rows: limits } = await pool.query<{ minutes: number }>(
    'select minutes::float8 from app_hidden.tier_limits()',
  );
  const deadline = Date.now() + limits[0]!.minutes * 60_000;
  const done = { looked: 0, moved: { hot: 0, warm: 0, cold: 0 }, isDone: false };
  while (!signal.aborted && Date.now() < deadline) {
    const { rows } = await pool.query<Step>('select looked, hot, warm, cold from app_hidden.tier_chunks()');
    const step = rows[0];
    if (!step) {
      done.isDone = true;
      break;
    }
    done.looked += step.looked;
    for (const tier of ['hot', 'warm', 'cold'] as const) done.moved[tier] += step[tier];
  }
  return done;
}

export const tierChunks: JobDefinition<object> = {
  queue: {
    name: 'tier-chunks',
    policy: 'short',
    ...DAILY,
    schedules: { daily: { cron: '20 2 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
