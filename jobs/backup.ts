import { z } from 'zod';
import { readPlan, takeDue } from '../operations/backup/schedule.ts';
import type { JobContext, JobDefinition } from './job.ts';

/** Milliseconds between a backup that failed and the next try. */
const PAUSE = 3_600_000;

/**
 * Takes a backup when the settings backup_full_cron and backup_incremental_cron say so, as the role of backups, and prunes. Which one is
 * due is asked of the target each time.
 */
async function handle({ pool, log, signal, backups }: JobContext): Promise<object> {
  const plan = await readPlan(pool);
  if (plan.isReplica) return { skipped: 'this is a replica' };
  if (plan.full === null && plan.incremental === null) return { skipped: 'no schedule is set' };
  if (!backups) {
    log.warn('A backup may be due, and this worker has no BACKUP_TARGET: docs/operations/backup.md');
    return { skipped: 'this worker has no BACKUP_TARGET' };
  }
  if (plan.failedAt && Date.now() - plan.failedAt.getTime() < PAUSE)
    return { skipped: 'the last one failed within the hour' };
  const { context, close } = await backups();
  try {
    const say = (message: string): void => log.info(message);
    const { findings, details } = await takeDue({ ...context, signal, say }, plan);
    for (const finding of findings) log.warn(finding);
    return details;
  } finally {
    await close();
  }
}

export const backup: JobDefinition<object> = {
  queue: {
    name: 'backup',
    policy: 'exclusive',
    // the next look is the retry
    retryLimit: 0,
    expireInSeconds: 82_800,
    deleteAfterSeconds: 86_400,
    schedules: { often: { cron: '*/30 * * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  // a copy would write into the target of its original, and prune there
  reachesOut: true,
  handle,
};
