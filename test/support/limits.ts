import { inject } from 'vitest';

/**
 * Milliseconds, for a test that takes more than ten seconds alone on two quiet cores: kills, models, many processes.
 * Named as its limit, because the usual one (vitest.config.ts) would end it on a machine that others keep busy.
 */
export const LONG = 300_000;

/** Whether it is the long run. For a test of minutes whose subject has a shorter one in every run: `it.runIf(isLong())`. */
export const isLong = (): boolean => inject('long');

/** The size of a test whose proof grows with it: `short` in every run, `full` under `npm run test:long`. */
export function sized(short: number, full: number): number {
  return isLong() ? full : short;
}

/**
 * Of cases that are alike, `short` in every run, others each day, and all of them under `npm run test:long`. The names of the
 * tests say which.
 */
export function someOf<T>(all: readonly T[], short: number): T[] {
  if (isLong()) return [...all];
  const first = (Math.floor(Date.now() / 86_400_000) * short) % all.length;
  return Array.from({ length: Math.min(short, all.length) }, (_, n) => all[(first + n) % all.length]!);
}
