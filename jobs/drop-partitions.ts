import { z } from 'zod';
import { errorCode } from '../lib/errors.ts';
import { dropPartitions, ensurePartitions, REST } from '../operations/partitions/maintain.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { WEEKLY } from './queue-options.ts';

const payloadSchema = z.object({
  /** How many times as long as a step took it rests: less than usual, for a run by hand in a quiet hour. */
  rest: z.number().min(0).max(REST).default(REST),
});
type Payload = z.infer<typeof payloadSchema>;

/** Minutes after which it begins nothing more. */
const MINUTES = 60;

/**
 * Drops old partitions that are empty, and months of logs that retention has ended. What others keep busy, and what is left when the time is
 * up, goes next time. What was dropped of messages is one place for the past again.
 */
async function handle({ pool, log, signal: ending }: JobContext, { rest }: Payload): Promise<object> {
  const { rows } = await pool.query<{ isExported: boolean; isReplica: boolean }>(
    'select is_exported as "isExported", is_replica as "isReplica" from app_hidden.partition_limits()',
  );
  if (rows[0]!.isReplica) return { skipped: 'this is a replica' };
  const signal = AbortSignal.any([ending, AbortSignal.timeout(MINUTES * 60_000)]);
  const done = { dropped: [] as string[], rows: 0, exported: [] as string[], busy: [] as string[] };
  try {
    // its encryption is large: not for every start
    const place = rows[0]!.isExported
      ? await (await import('../operations/partitions/export.ts')).exportPlace()
      : undefined;
    for await (const step of dropPartitions({ pool, signal, rest }, { place })) {
      if ('busy' in step) {
        done.busy.push(step.busy);
        continue;
      }
      done.dropped.push(step.partition);
      done.rows += step.rows;
      if (step.exportedTo) done.exported.push(step.exportedTo);
      log.info(step, 'partition dropped');
    }
    if (done.dropped.length > 0) for await (const _ of ensurePartitions({ pool, signal, rest }));
  } catch (error) {
    if (errorCode(error) !== 'CQ730') throw error;
    return { ...done, skipped: 'other maintenance of partitions is at work' };
  }
  return done;
}

export const dropOldPartitions: JobDefinition<Payload> = {
  queue: {
    name: 'drop-partitions',
    ...WEEKLY,
    schedules: { monthly: { cron: '10 4 2 * *' } },
  },
  payload: payloadSchema,
  lookAfter: 45 * 86_400_000,
  batchSize: 1,
  handle,
};
