import { setImmediate as round } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { loopTurn } from '../../api/loop-turns.ts';

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
    await loopTurn(party, isStranger);
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
  void loopTurn('ann', false).then(() => {
    isBegun = true;
  });
  await Promise.resolve();
  await Promise.resolve();
  expect(isBegun).toBe(true);
});
