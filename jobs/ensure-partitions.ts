import { z } from 'zod';
import { ensurePartitions as maintain } from '../operations/partitions/maintain.ts';
import type { JobContext, JobDefinition } from './job.ts';

/**
 * Makes the partitions of the coming months, moves rows that no partition took, and gives the past a place. What it had done stays when
 * it is killed, or gives up because the tables are busy (55P03): the next run goes on from there.
 */
async function handle({ pool, log, signal }: JobContext): Promise<object> {
  const made: string[] = [];
  let moved = 0;
  for await (const step of maintain({ pool, signal })) {
    made.push(step.partition);
    moved += step.moved;
    log.info(step, 'partition made');
  }
  return { made, moved };
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
