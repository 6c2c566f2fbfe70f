import { expect, it } from 'vitest';
import { ControlledDelay } from '../../lib/controlled-delay.ts';

/** Waits that end every ten milliseconds, from a moment on. */
function refusals(delay: ControlledDelay, waits: number[], from: number, behind = 100): number {
  return waits.filter((waited, n) => delay.isTooLong(waited, behind, from + n * 10)).length;
}
const times = (count: number, waited: number): number[] => Array.from({ length: count }, () => waited);

it('refuses nobody in a burst, and who has waited too long when everybody waited for a whole interval', () => {
  const delay = new ControlledDelay();
  expect(refusals(delay, times(100, 1_000), 0)).toBe(0);
  expect(refusals(delay, times(10, 1_000), 1_000)).toBe(10);
  // those that wait less are served
  expect(refusals(delay, times(10, 90), 1_100)).toBe(0);
});

it('ends when nobody waited long for an interval, and not because somebody was lucky', () => {
  const delay = new ControlledDelay();
  refusals(delay, times(101, 1_000), 0);
  refusals(delay, [0, ...times(98, 1_000)], 1_010);
  expect(refusals(delay, times(10, 1_000), 2_000)).toBe(10);
  refusals(delay, times(90, 1_000), 2_100);
  refusals(delay, times(100, 40), 3_000);
  expect(refusals(delay, times(10, 1_000), 4_000)).toBe(0);
});

it('knows nothing of what was long ago', () => {
  const delay = new ControlledDelay();
  refusals(delay, times(250, 1_000), 0);
  expect(refusals(delay, times(100, 1_000), 60_000)).toBe(0);
});

it('lets a short line wait, however long it takes', () => {
  const delay = new ControlledDelay();
  expect(refusals(delay, times(600, 10_000), 0, 14)).toBe(0);
});
