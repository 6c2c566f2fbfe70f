import type { IncomingMessage } from 'node:http';
import { setImmediate as round } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { outside, rememberParty, throughDoor } from '../../api/door-turns.ts';
import { env } from '../../lib/env.ts';

/** A request from an address, with a token or none. */
const requestOf = (remoteAddress: string, authorization?: string): IncomingMessage =>
  ({
    headers: authorization ? { authorization } : {},
    socket: { remoteAddress },
  }) as unknown as IncomingMessage;

/** Work that lasts until it is told to end. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, end: resolve };
}

/** As many requests as there are promises, each of a party of its own. */
function fill(count: number, work: () => Promise<unknown>, of: (n: number) => IncomingMessage) {
  const begun: number[] = [];
  const all = Array.from({ length: count }, (_, n) =>
    throughDoor(of(n), async () => {
      begun.push(n);
      await work();
    }),
  );
  return { begun, all: Promise.all(all) };
}

const stranger = (n: number): IncomingMessage => requestOf(`198.51.100.${n}`);
const PLACES = 2 * env.POOL_VISITORS;

it('works on so many at once, and on those who are signed in beside any number of strangers', async () => {
  const { work, end } = held();
  const { begun, all } = fill(3 * PLACES, work, stranger);
  await round();
  expect(begun).toHaveLength(PLACES);
  const known = requestOf('198.51.100.1', 'Bearer known');
  rememberParty(known, 'ann');
  expect(await throughDoor(known, async () => 'served')).toBe('served');
  end();
  await all;
  expect(begun).toHaveLength(3 * PLACES);
});

it('gives an address half of the places, and each of the others one after the other', async () => {
  const { work, end } = held();
  const { begun, all } = fill(3 * PLACES, work, () => requestOf('192.0.2.7', 'Bearer unknown'));
  await round();
  expect(begun).toHaveLength(PLACES / 2);
  expect(await throughDoor(requestOf('192.0.2.8'), async () => 'served')).toBe('served');
  end();
  await all;
});

it('lets others in while one waits for a model, and counts it again afterwards', async () => {
  const model = held();
  const { work, end } = held();
  const waiting = fill(
    PLACES,
    async () => {
      await Promise.all([outside(model.work), outside(model.work)]);
      await work();
    },
    stranger,
  );
  await round();
  const others = fill(PLACES, work, (n) => stranger(100 + n));
  await round();
  expect([waiting.begun.length, others.begun.length]).toEqual([PLACES, PLACES]);
  model.end();
  await round();
  const late = fill(
    1,
    async () => {},
    () => stranger(200),
  );
  await round();
  expect(late.begun).toEqual([]);
  end();
  await Promise.all([waiting.all, others.all, late.all]);
  expect(late.begun).toEqual([0]);
});

it('gives a place back when the work fails, also while it is outside', async () => {
  for (let n = 0; n < 3 * PLACES; n += 1) {
    const failed = throughDoor(stranger(1), () => outside(() => Promise.reject(new Error('no model'))));
    await expect(failed).rejects.toThrow('no model');
  }
  expect(await throughDoor(stranger(1), async () => 'served')).toBe('served');
});

it('keeps no place for a request that ended while something of it was still outside', async () => {
  const model = held();
  for (let n = 0; n < 2 * PLACES; n += 1)
    await throughDoor(stranger(n), async () => {
      void outside(model.work);
    });
  model.end();
  await round();
  const { work, end } = held();
  const { begun, all } = fill(PLACES, work, stranger);
  await round();
  expect(begun).toHaveLength(PLACES);
  end();
  await all;
});

it('refuses with CQ438 who has waited too long when everybody has to, and goes on with the others', async () => {
  const codes: string[] = [];
  const all: Promise<unknown>[] = [];
  const add = (): void => {
    const n = all.length;
    const done = throughDoor(stranger(n % 250), () => new Promise((resolve) => setTimeout(resolve, 60)));
    all.push(
      done.then(
        () => codes.push('served'),
        (error) => codes.push(error.code),
      ),
    );
    // each brings another one: the line stands until there are enough
    done.finally(() => all.length < 900 && add()).catch(() => {});
  };
  for (let n = 0; n < 100; n += 1) add();
  for (let done = -1; done !== all.length; ) {
    done = all.length;
    await Promise.all(all);
  }
  expect(codes.filter((code) => code === 'CQ438').length).toBeGreaterThan(20);
  expect(codes.filter((code) => code === 'served').length).toBeGreaterThan(100);
  expect(codes.slice(0, 30)).not.toContain('CQ438');
}, 60_000);
