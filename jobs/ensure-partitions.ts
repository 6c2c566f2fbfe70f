import { z } from 'zod';
import { ensurePartitions as maintain, REST } from '../operations/partitions/maintain.ts';
import type { JobContext, JobDefinition } from './job.ts';

const payloadSchema = z.object({
  /** How many times as long as a step took it rests: less than usual, for a run by hand in a quiet hour. */
  rest: z.number().min(0).max(REST).default(REST),
});
type Payload = z.infer<typeof payloadSchema>;

/**
 * Makes the partitions of the coming months, moves rows that no partition took, and gives the past a place. What it had done stays when
 * it is killed, or gives up because the tables are busy (55P03): the next run goes on from there.
 */
async function handle({ pool, log, signal }: JobContext, { rest }: Payload): Promise<object> {
  const made: string[] = [];
  let moved = 0;
  for await (const step of maintain({ pool, signal, rest })) {
    made.push(step.partition);
    moved += step.moved;
    log.info(step, 'partition made');
  }
  return { made, moved };
}

export const ensurePartitions: JobDefinition<Payload> = {
  queue: {
    name: 'ensure-partitions',
    policy: 'short',
    retryLimit: 10,
    retryDelay: 30,
    retryBackoff: true,
    // one partition after the other, with rests between them
    expireInSeconds: 3600,
    deleteAfterSeconds: 30 * 86_400,
    // daily, not monthly: it costs nothing when there is nothing to do, and imports of history leave rows to move
    schedules: { daily: { cron: '10 2 * * *' } },
  },
  payload: payloadSchema,
  batchSize: 1,
  handle,
};
