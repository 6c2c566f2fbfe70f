import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { memoryPause } from '../../../models/remote/pause.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000);

it('keeps the longest pause of a provider, and of that one alone', async () => {
  const pauses = memoryPause();
  const long = inSeconds(60);
  await pauses.pause('one', long, 'asked for a minute');
  await pauses.pause('one', inSeconds(5), 'did not answer', 'outage');
  expect(await pauses.pausedUntil('one')).toEqual({
    until: long,
    reason: 'asked for a minute',
    kind: 'asked',
  });
  const longer = inSeconds(90);
  await pauses.pause('one', longer, 'did not answer', 'outage');
  expect(await pauses.pausedUntil('one')).toEqual({
    until: longer,
    reason: 'did not answer',
    kind: 'outage',
  });
  expect(await pauses.pausedUntil('two')).toBeUndefined();
});

it('ends a pause at its time', async () => {
  const pauses = memoryPause();
  const until = inSeconds(60);
  await pauses.pause('one', until, 'asked');
  vi.setSystemTime(until.getTime() - 1);
  expect(await pauses.pausedUntil('one')).toBeDefined();
  vi.setSystemTime(until);
  expect(await pauses.pausedUntil('one')).toBeUndefined();
  await pauses.pause('one', inSeconds(1), 'asked again');
  expect(await pauses.pausedUntil('one')).toMatchObject({ reason: 'asked again' });
});
