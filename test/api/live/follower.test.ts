import type { Pool } from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { STALL_TIMEOUT } from '../../../api/limits/values.ts';
import type { Caller } from '../../../api/live/caller.ts';
import { type Feed, Follower, type Found, type Hints } from '../../../api/live/follower.ts';
import { codeOf } from '../../../api/live/hub.ts';

/** A subscription whose readings are counted, over a database that has an answer to everything. */
function follower(read: (hints: Hints, number: number) => Found<unknown>) {
  const readings: Hints[] = [];
  const released = vi.fn();
  const feed: Feed = {
    field: 'test',
    topics: [],
    ids: [],
    async read(_client, hints) {
      readings.push(hints);
      return read(hints, readings.length);
    },
  };
  const pool = { connect: async () => ({ query: async () => ({ rows: [] }), release: () => {} }) };
  const made = new Follower(feed, { settings: {}, party: 'ann' } as unknown as Caller, {
    pool: pool as unknown as Pool,
    turn: async () => () => {},
    begin: () => {},
    release: released,
  });
  return { follower: made, readings, released };
}

/** What is taken by a client that takes all. */
async function takeAll({ follower }: { follower: Follower }): Promise<unknown[]> {
  const taken: unknown[] = [];
  for await (const event of follower) {
    taken.push(event);
    follower.worked();
    follower.taken();
  }
  return taken;
}

describe('a subscription', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('reads nothing for a client that has not taken the last event, and all of it together afterwards', async () => {
    vi.useFakeTimers();
    const it = follower(({ ids }) => ({ event: [...ids] }));
    it.follower.happened();
    await it.follower.next();
    it.follower.worked();
    const next = it.follower.next();
    for (let number = 0; number < 150; number += 1) it.follower.happened(`${number % 3}`);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(it.readings).toHaveLength(1);
    it.follower.taken();
    await vi.advanceTimersByTimeAsync(100);
    expect((await next).value).toEqual(['0', '1', '2']);
    expect(it.readings).toHaveLength(2);
  });

  it('remembers a bounded number of ids, and that it was more', async () => {
    const it = follower((hints) => ({ event: hints, isLast: true }));
    for (let number = 0; number < 10_000; number += 1) it.follower.happened(`${number}`);
    const [hints] = (await takeAll(it)) as Hints[];
    expect(hints!.isAnything).toBe(true);
    expect(hints!.ids.size).toBe(200);
  });

  it('ends for a client that takes nothing for long', async () => {
    vi.useFakeTimers();
    const it = follower(() => ({ event: 1 }));
    it.follower.happened();
    await it.follower.next();
    const next = it.follower.next().catch((error: Error) => codeOf(error));
    await vi.advanceTimersByTimeAsync(STALL_TIMEOUT + 1);
    expect(await next).toBe('CQ801');
    expect(it.released).toHaveBeenCalledOnce();
  });

  it('reads once for what happens within a moment', async () => {
    vi.useFakeTimers();
    const it = follower((_, number) => ({ event: number }));
    it.follower.happened();
    const taking = takeAll(it);
    await vi.advanceTimersByTimeAsync(60);
    for (let milliseconds = 0; milliseconds < 40; milliseconds += 1) {
      it.follower.happened('a');
      await vi.advanceTimersByTimeAsync(1);
    }
    await vi.advanceTimersByTimeAsync(200);
    expect(it.readings.length).toBeLessThanOrEqual(3);
    it.follower.end();
    await taking;
  });

  it('reads nothing while it is not known whether it may, and loses nothing', async () => {
    vi.useFakeTimers();
    const it = follower(({ ids }) => ({ event: [...ids] }));
    it.follower.hold(true);
    it.follower.happened('a');
    const next = it.follower.next();
    await vi.advanceTimersByTimeAsync(500);
    expect(it.readings).toEqual([]);
    it.follower.hold(false);
    await vi.advanceTimersByTimeAsync(100);
    expect((await next).value).toEqual(['a']);
  });

  it('reads again what it could not, and ends for what will not get better', async () => {
    vi.useFakeTimers();
    const lost = Object.assign(new Error('Connection terminated'), { code: '08006' });
    const it = follower(({ ids }, number) => {
      if (number === 1) throw lost;
      if (number === 3) throw Object.assign(new Error('gone'), { code: 'CQ204' });
      return { event: [...ids] };
    });
    it.follower.happened('a');
    const next = it.follower.next();
    await vi.advanceTimersByTimeAsync(1_500);
    expect((await next).value).toEqual(['a']);
    it.follower.taken();
    it.follower.happened('b');
    const last = it.follower.next().catch((error: Error) => codeOf(error));
    await vi.advanceTimersByTimeAsync(500);
    expect(await last).toBe('CQ204');
  });
});
