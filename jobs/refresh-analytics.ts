import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';
import { DAILY } from './queue-options.ts';

/** Adds the figures up per configuration, and refreshes the summary while others read it. */
async function handle({ pool, log, signal }: JobContext): Promise<object> {
  const performance = await pool.query<{ changed: string; removed: string }>(
    'select changed, removed from app_hidden.compute_configuration_performance()',
  );
  signal.throwIfAborted();
  const summary = await pool.query<{ rows: string }>('select rows from app_hidden.refresh_summary_stats()');
  const done = {
    changed: Number(performance.rows[0]?.changed ?? 0),
    removed: Number(performance.rows[0]?.removed ?? 0),
    summaryRows: Number(summary.rows[0]?.rows ?? 0),
    // another run is at it, and its result will be as good
    isSkipped: performance.rows.length === 0 || summary.rows.length === 0,
  };
  log.info(done, 'analytics refreshed');
  return done;
}

export const refreshAnalytics: JobDefinition<object> = {
  queue: {
    name: 'refresh-analytics',
    policy: 'exclusive',
    ...DAILY,
    // compute-analytics sends it too, when it changed something
    schedules: { daily: { cron: '0 3 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
