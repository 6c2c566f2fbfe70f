import { UsageError } from '../../lib/cli.ts';
import { formatBytes, formatSeconds } from '../../lib/progress.ts';
import { type Moment, parseTime } from './goal.ts';
import type { Restored } from './restore.ts';
import { formatLsn, parseLsn } from './wal-names.ts';

/** The last that is known of what was lost: from monitoring, a standby, or the logs of clients. */
export type Expected = { lsn: bigint } | { time: Moment };

/** @throws UsageError CQ632 */
export function parseExpected(text: string): Expected {
  if (/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i.test(text)) return { lsn: parseLsn(text) };
  try {
    return { time: parseTime(text) };
  } catch (error) {
    throw new UsageError('CQ632', `"${text}" is neither a position of the log nor a time.`, {
      hint: 'Write a position as 0/3000028, or a time as 2026-11-27T14:03:00Z.',
      cause: error,
    });
  }
}

/** What is not in the copy, as far as that can be known; null: it cannot. */
export interface Loss {
  commits: number | null;
  seconds: number | null;
  bytes: number | null;
}

const seconds = (from: Moment | undefined, to: Moment | undefined): number | null =>
  from && to ? Math.max(0, (to.microseconds - from.microseconds) / 1_000_000) : null;

export function lossOf({ lost, lastCommitAt, end, chain }: Restored, expected?: Expected): Loss {
  const last = lastCommitAt ?? parseTime(chain.at(-1)!.stoppedAt);
  if (expected && 'lsn' in expected) {
    const bytes = expected.lsn > end.lsn ? Number(expected.lsn - end.lsn) : 0;
    return { commits: bytes === 0 ? 0 : null, seconds: bytes === 0 ? 0 : null, bytes };
  }
  if (expected) return { commits: null, seconds: seconds(last, expected.time), bytes: null };
  if (!lost) return { commits: null, seconds: null, bytes: null };
  return {
    commits: lost.commits,
    seconds: lost.commits === 0 ? 0 : seconds(last, lost.lastCommitAt),
    bytes: null,
  };
}

export function describeLoss(restored: Restored, expected?: Expected): string {
  const { commits, seconds: time, bytes } = lossOf(restored, expected);
  if (expected && 'lsn' in expected) {
    const to = `up to ${formatLsn(expected.lsn)}`;
    return bytes === 0 ? `Lost: nothing ${to}.` : `Lost: the last ${formatBytes(bytes!)} of the log ${to}.`;
  }
  if (expected) {
    return time === 0
      ? 'Lost: nothing up to that time.'
      : `Lost: what was committed in the last ${formatSeconds(time!)} before that time.`;
  }
  if (commits === null) return 'Lost: whatever came after the end of the set; the log was not read.';
  if (commits > 0)
    return `Lost: ${commits} commits of the ${formatSeconds(time ?? 0)} after it, which the log has.`;
  return 'Lost: nothing of the log that there is. What was committed later was not archived (--expected LSN or TIME says how much).';
}
