import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';

/** Months that always have their partitions before they begin. */
const MONTHS_AHEAD = 3;

/**
 * Makes the partitions of the coming months, moves rows that no partition took, and gives the past a place. What it had done stays when
 * it is killed, or gives up because the tables are busy (55P03): the next run goes on from there.
 */
async function handle({ pool, log, signal }: JobContext): Promise<object> {
  const made: string[] = [];
  for (;;) {
    signal.throwIfAborted();
    // one partition a transaction: attaching it makes writers of conversations wait
    const { rows } = await pool.query<{ partition: string; moved: string }>(
      'select partition, moved from app_hidden.ensure_partitions(months_ahead => $1, max_partitions => 1)',
      [MONTHS_AHEAD],
    );
    const step = rows[0];
    if (!step) return { made };
    made.push(step.partition);
    log.info({ partition: step.partition, moved: Number(step.moved) }, 'partition made');
  }
}

export const ensurePartitions: JobDefinition<object> = {
  queue: {
    name: 'ensure-partitions',
    policy: 'short',
    retryLimit: 10,
    retryDelay: 30,
    retryBackoff: true,
    expireInSeconds: 600,
    deleteAfterSeconds: 30 * 86_400,
    // daily, not monthly: it costs nothing when there is nothing to do, and imports of history leave rows to move
    schedules: { daily: { cron: '10 2 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
