import type { Pool } from 'pg';
import { openQueue } from '../../lib/queue.ts';

interface ScheduleRow {
  key: string;
  cron: string;
  timezone: string | null;
}

/** A job as `ops jobs` shows it. */
export interface JobOverview {
  queue: string;
  /** Cron expressions, in UTC where nothing else is said. */
  schedules: string[];
  pausedAt: Date | null;
  pausedBy: string | null;
  pauseReason: string | null;
  waiting: number;
  runningSince: Date | null;
  /** The last run that ended. */
  startedAt: Date | null;
  finishedAt: Date | null;
  outcome: string | null;
  details: unknown;
  error: string | null;
  failedInADay: number;
  /** When its schedule sends it next; null where it has none or is paused. */
  nextAt: Date | null;
}

interface OverviewRow {
  queue: string;
  schedules: ScheduleRow[];
  paused_at: Date | null;
  paused_by: string | null;
  pause_reason: string | null;
  waiting: string;
  running_since: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
  outcome: string | null;
  details: unknown;
  error: string | null;
  failed_in_a_day: string;
}

/**
 * What jobs there are, when they ran, and when they run next.
 * @param pool  acts as colloquy_worker or colloquy_monitor
 * @param all   also those that no schedule sends
 */
export async function jobOverview(pool: Pool, all = false): Promise<JobOverview[]> {
  const { rows } = await pool.query<OverviewRow>(
    'select * from app_hidden.job_overview(with_unscheduled => $1)',
    [all],
  );
  // never started: it only reckons
  const boss = openQueue(pool);
  const next = ({ cron, timezone }: ScheduleRow): number =>
    boss.previewSchedule(cron, { tz: timezone ?? 'UTC', count: 1 })[0]?.getTime() ?? Number.POSITIVE_INFINITY;
  return rows.map((row) => {
    const nextAt = Math.min(...row.schedules.map(next));
    return {
      queue: row.queue,
      schedules: row.schedules.map(({ cron }) => cron),
      pausedAt: row.paused_at,
      pausedBy: row.paused_by,
      pauseReason: row.pause_reason,
      waiting: Number(row.waiting),
      runningSince: row.running_since,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      outcome: row.outcome,
      details: row.details,
      error: row.error,
      failedInADay: Number(row.failed_in_a_day),
      nextAt: row.paused_at || !Number.isFinite(nextAt) ? null : new Date(nextAt),
    };
  });
}
