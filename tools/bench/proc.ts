import { readFileSync } from 'node:fs';

/** Ticks of a second, which Linux has never changed. */
const TICKS = 100;

/** The fields of /proc/PID/stat from the third on, since the name before them may hold anything. */
export function statOf(pid: number | string): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/**
 * Seconds of processors so far.
 * @param withEnded  also those of the processes that it has started and seen end
 */
export function cpuSeconds(stat: readonly string[], withEnded = false): number {
  // utime, stime, cutime, cstime: the 14th to the 17th
  return stat.slice(11, withEnded ? 15 : 13).reduce((sum, field) => sum + Number(field), 0) / TICKS;
}
