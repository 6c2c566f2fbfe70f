import { expect, it } from 'vitest';
import { createBatch } from '../../import/writing/batch.ts';

const MIB = 1024 * 1024;

function batches(most: number) {
  const written: string[][] = [];
  const batch = createBatch<string>(most, async (items) => void written.push(items));
  return { batch, written };
}

it('writes as many items together as it may, and the rest at the end', async () => {
  const { batch, written } = batches(2);
  for (const item of ['a', 'b', 'c']) await batch.add(item, 1);
  expect(written).toEqual([['a', 'b']]);
  await batch.flush();
  await batch.flush();
  expect(written).toEqual([['a', 'b'], ['c']]);
});

it('writes at most 4 MiB together, and what is larger by itself', async () => {
  const { batch, written } = batches(100);
  await batch.add('a', MIB);
  await batch.add('b', 3 * MIB);
  expect(written).toEqual([]);
  await batch.add('c', 1);
  await batch.add('large', 5 * MIB);
  await batch.add('d', 1);
  await batch.flush();
  expect(written).toEqual([['a', 'b'], ['c'], ['large'], ['d']]);
});
