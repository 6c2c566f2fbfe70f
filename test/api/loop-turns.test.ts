import type { IncomingMessage } from 'node:http';
import { setImmediate as round } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { doorTurn, workTurn } from '../../api/loop-turns.ts';

/** A request from an address, with a token or none. */
const requestOf = (remoteAddress: string, authorization?: string): IncomingMessage =>
  ({
    headers: authorization ? { authorization } : {},
    socket: { remoteAddress },
  }) as unknown as IncomingMessage;
const request = requestOf('192.0.2.1');

it('begins one in each round, in turns, and each second time one of those who are signed in', async () => {
  const order: string[] = [];
  const rounds: number[] = [];
  let now = 0;
  let isOn = true;
  const counting = (async () => {
    while (isOn) {
      await round();
      now += 1;
    }
  })();
  const begin = async (party: string, isStranger: boolean) => {
    await workTurn(request, party, isStranger);
    order.push(party);
    rounds.push(now);
  };
  await Promise.all([
    ...['ann', 'ann', 'ann', 'bob'].map((party) => begin(party, false)),
    ...['address 1', 'address 1', 'address 2', 'address 3'].map((party) => begin(party, true)),
  ]);
  isOn = false;
  await counting;
  expect(order.filter((party) => !party.startsWith('address'))).toEqual(['ann', 'ann', 'bob', 'ann']);
  expect(order.filter((party) => party.startsWith('address'))).toEqual([
    'address 1',
    'address 2',
    'address 3',
    'address 1',
  ]);
  // the first one found nobody, and then they alternate
  const kinds = order.slice(1, 7).map((party) => party.startsWith('address'));
  expect(kinds.every((isStranger, n) => n === 0 || isStranger !== kinds[n - 1])).toBe(true);
  expect(new Set(rounds).size).toBe(rounds.length);
});

it('lets nobody wait who is alone', async () => {
  await round();
  await round();
  let isBegun = false;
  void workTurn(request, 'ann', false).then(() => {
    isBegun = true;
  });
  await Promise.resolve();
  await Promise.resolve();
  expect(isBegun).toBe(true);
});

it('knows whose a token was at the door, and gives each address one turn after the other before that', async () => {
  await workTurn(requestOf('192.0.2.7', 'Bearer known'), 'ann', false);
  await round();
  await round();
  const order: string[] = [];
  const enter = async (name: string, from: IncomingMessage): Promise<void> => {
    await doorTurn(from);
    order.push(name);
  };
  await Promise.all([
    enter('first', requestOf('192.0.2.1')),
    ...[1, 2, 3].map((n) => enter(`new ${n}`, requestOf('192.0.2.7', `Bearer new ${n}`))),
    enter('other', requestOf('192.0.2.8')),
    enter('ann', requestOf('192.0.2.7', 'Bearer known')),
  ]);
  expect(order.indexOf('ann')).toBeLessThan(3);
  expect(order.indexOf('other')).toBeLessThan(order.indexOf('new 2'));
});

it('refuses with CQ438 who has waited too long when everybody has to, and goes on with the others', async () => {
  const spinUntil = (end: number): void => {
    while (performance.now() < end);
  };
  const codes: string[] = [];
  const all: Promise<void>[] = [];
  const add = (count: number): void => {
    for (let n = 0; n < count; n += 1) {
      const done = workTurn(request, `party ${all.length}`, false);
      all.push(
        done.then(
          () => {
            codes.push('served');
            spinUntil(performance.now() + 60);
            // each brings another one: the line stands until there are enough
            if (all.length < 130) add(1);
          },
          (error) => void codes.push(error.code),
        ),
      );
    }
  };
  add(60);
  for (let done = -1; done !== all.length; ) {
    done = all.length;
    await Promise.all(all);
  }
  expect(codes.filter((code) => code === 'CQ438').length).toBeGreaterThan(20);
  expect(codes.filter((code) => code === 'served').length).toBeGreaterThan(30);
  expect(codes.slice(0, 30)).not.toContain('CQ438');
});
