import { expect, it } from 'vitest';
import { FairTurns, NoTurn } from '../../api/fair-turns.ts';

/** Work that ends when it is told to. */
function work() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    started,
    do: (name: string) => () => {
      started.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    },
    async end(name: string) {
      ends.get(name)!();
      await settled();
    },
  };
}

/** When all that can go on has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const PATIENCE = 60_000;

it('goes round: one that asks for much does not keep another waiting', async () => {
  const turns = new FairTurns({ size: 1, each: 1, waiting: 10, patience: PATIENCE });
  const { started, do: job, end } = work();
  const all = ['a1', 'a2', 'a3', 'a4'].map((name) => turns.run('a', job(name)));
  all.push(turns.run('b', job('b1')), turns.run('b', job('b2')), turns.run('c', job('c1')));
  await settled();
  for (const name of ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']) {
    expect(started.at(-1)).toBe(name);
    await end(name);
  }
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']);
});

it('gives one no more than its share, also where there is room', async () => {
  const turns = new FairTurns({ size: 4, each: 2, waiting: 10, patience: PATIENCE });
  const { started, do: job, end } = work();
  const all = ['a1', 'a2', 'a3'].map((name) => turns.run('a', job(name)));
  all.push(turns.run('b', job('b1')));
  await settled();
  expect(started).toEqual(['a1', 'a2', 'b1']);
  await end('a1');
  expect(started).toEqual(['a1', 'a2', 'b1', 'a3']);
  for (const name of ['a2', 'a3', 'b1']) await end(name);
  await Promise.all(all);
});

it('lets nobody wait for too long, nor too many', async () => {
  const turns = new FairTurns({ size: 1, each: 1, waiting: 2, patience: 10 });
  const { started, do: job, end } = work();
  const first = turns.run('a', job('a1'));
  const late = [turns.run('a', job('a2')), turns.run('a', job('a3'))];
  // of the one there are too many; the other may still wait
  await expect(turns.run('a', job('a4'))).rejects.toThrow(NoTurn);
  const other = turns.run('b', job('b1'));
  for (const one of [...late, other]) await expect(one).rejects.toThrow(NoTurn);
  expect(started).toEqual(['a1']);
  await end('a1');
  await first;
  const again = turns.run('a', job('a5'));
  await settled();
  expect(started).toEqual(['a1', 'a5']);
  await end('a5');
  await again;
});

it('goes on after work that failed', async () => {
  const turns = new FairTurns({ size: 1, each: 1, waiting: 2, patience: PATIENCE });
  const failing = turns.run('a', () => Promise.reject(new Error('down')));
  const next = turns.run('a', async () => 'next');
  await expect(failing).rejects.toThrow('down');
  expect(await next).toBe('next');
});
