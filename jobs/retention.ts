import { z } from 'zod';
import { applyRetention } from '../operations/retention/apply.ts';
import { retentionLimits } from '../operations/retention/limits.ts';
import { countDue, previewRetention } from '../operations/retention/preview.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { DAILY } from './queue-options.ts';

/** Deletes what the policies of retention have ended, for as long as the settings say. */
async function handle({ pool, log, signal }: JobContext): Promise<object> {
  const { minutes, batchRows, isReplica, isUnsure } = await retentionLimits(pool);
  if (isReplica) return { skipped: 'this is a replica' };
  // an upgrade, or a clock that jumped, deletes nothing unseen
  if (isUnsure) {
    const due = countDue(await previewRetention(pool, {}));
    log.warn(
      { due },
      'retention did not run for a day and a half: it only looked, and deletes the next time',
    );
    return {
      skipped: 'the last run is more than a day and a half ago, or the clock jumped: it only looked',
      due,
    };
  }
  const end = Date.now() + minutes * 60_000;
  const { problems, ...done } = await applyRetention(
    pool,
    {},
    { batchRows, isTimeUp: () => signal.aborted || Date.now() >= end },
  );
  for (const problem of problems) log.error(problem, 'retention could not delete what is due');
  return { ...done, problems: problems.length };
}

export const retention: JobDefinition<object> = {
  queue: {
    name: 'retention',
    policy: 'exclusive',
    ...DAILY,
    // longer than the setting retention_minutes lets it begin something
    expireInSeconds: 6 * 3600,
    schedules: { daily: { cron: '40 2 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
