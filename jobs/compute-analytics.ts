import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';
import { DAILY } from './queue-options.ts';
import { refreshAnalytics } from './refresh-analytics.ts';

/** Conversations of one transaction: their writers wait for it, some tens of milliseconds. */
const BATCH = 200;

/**
 * Computes the figures of the days that changed before it began, batch by batch: it ends, also while others write. What
 * another run is at is left to it. Fails, and is tried again, when a conversation is held for long; what it computed stays.
 */
async function handle({ pool, boss, signal, log }: JobContext): Promise<object> {
  const done = { conversations: 0, days: 0, changed: 0, removed: 0 };
  const clock = await pool.query<{ began: string }>('select now()::text as began');
  try {
    while (!signal.aborted) {
      const { rows } = await pool.query<typeof done>(
        'select * from app_hidden.compute_conversation_analytics(max_conversations => $1, noted_until => $2)',
        [BATCH, clock.rows[0]?.began],
      );
      const step = rows[0];
      if (!step) break;
      for (const key of Object.keys(done) as (keyof typeof done)[]) done[key] += step[key];
    }
  } finally {
    if (done.days > 0) {
      await boss.send(refreshAnalytics.queue.name, {});
      log.info(done, 'analytics computed');
    }
  }
  return done;
}

export const computeAnalytics: JobDefinition<object> = {
  queue: {
    name: 'compute-analytics',
    policy: 'exclusive',
    ...DAILY,
    schedules: { daily: { cron: '0 2 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
