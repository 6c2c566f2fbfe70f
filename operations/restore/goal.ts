import { UsageError } from '../../lib/cli.ts';

/** A moment as PostgreSQL has it: JavaScript's dates end at milliseconds, and many a commit comes within one. */
export interface Moment {
  /** Since 1970. */
  microseconds: number;
}

/** `2026-11-27T14:03:07.123456Z` */
export function formatMoment({ microseconds }: Moment): string {
  const seconds = new Date(Math.floor(microseconds / 1_000_000) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(microseconds % 1_000_000).padStart(6, '0')}Z`;
}

/** How far the log is replayed. */
export type Goal =
  | { to: 'latest' }
  /** No further than the end of the backup set. */
  | { to: 'immediate' }
  | ({ to: 'time' } & Moment)
  /** A point that pg_create_restore_point() has named. */
  | { to: 'name'; name: string };

const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s?(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/i;

/**
 * A moment as people write it: `2026-11-27 14:03`, in the time zone of this machine, or with a zone, `2026-11-27T14:03:07.123456Z`.
 * @throws UsageError CQ632
 */
export function parseTime(text: string): Moment {
  const [, date, clock, zone] = TIME.exec(text.trim()) ?? [];
  const full = clock?.length === 5 ? `${clock}:00` : clock;
  const offset =
    zone === undefined ? '' : zone.toUpperCase() === 'UTC' ? 'Z' : zone.length === 3 ? `${zone}:00` : zone;
  const time = new Date(`${date}T${full}${offset}`);
  if (date === undefined || Number.isNaN(time.getTime())) {
    throw new UsageError('CQ632', `"${text}" is no time.`, {
      hint: 'Write it as 2026-11-27 14:03:00 (the time zone of this machine), or with a zone: 2026-11-27T14:03:00Z.',
    });
  }
  const fraction = /\.(\d+)$/.exec(full!)?.[1] ?? '';
  return { microseconds: Math.floor(time.getTime() / 1000) * 1_000_000 + Number(fraction.padEnd(6, '0')) };
}

/** What the operator must know of a goal, in words. */
export function describeGoal(goal: Goal): string {
  if (goal.to === 'time') return `the time ${formatMoment(goal)}`;
  if (goal.to === 'name') return `the point "${goal.name}"`;
  return goal.to === 'latest' ? 'the newest point' : 'the end of the backup set';
}
