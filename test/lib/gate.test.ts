import pg from 'pg';
import { expect, it } from 'vitest';
import { Gate, gated, type Leave } from '../../lib/gate.ts';
import { registry } from '../../lib/metrics.ts';

const PATIENCE = 60_000;

it('lets so many in, and the others in their order', async () => {
  const gate = new Gate({ name: 'requests', size: 2, waiting: 10, patience: PATIENCE });
  const entered: string[] = [];
  const leaving: Leave[] = [];
  const enter = (name: string) =>
    gate.enter().then((leave) => {
      leaving.push(leave);
      entered.push(name);
    });
  const leave = () => leaving.shift()!();
  const all = ['a', 'b', 'c', 'd'].map(enter);
  await Promise.all(all.slice(0, 2));
  expect([entered, gate.inUse, gate.waiting]).toEqual([['a', 'b'], 2, 2]);
  leave();
  await all[2];
  expect([entered, gate.inUse, gate.waiting]).toEqual([['a', 'b', 'c'], 2, 1]);
  leave();
  await all[3];
  for (const _ of [1, 2]) leave();
  expect([gate.inUse, gate.waiting]).toEqual([0, 0]);
});

it('says CQ438 to whom it lets wait for too long, and to those who find too many waiting', async () => {
  const refused = async () => {
    const metric = await registry.getSingleMetric('colloquy_pool_refused_total')!.get();
    return metric.values.find(({ labels }) => labels.pool === 'visitors')?.value ?? 0;
  };
  const before = await refused();
  const gate = new Gate({ name: 'visitors', size: 1, waiting: 1, patience: 20 });
  const leave = await gate.enter();
  const late = gate.enter();
  await expect(gate.enter()).rejects.toMatchObject({
    code: 'CQ438',
    hint: expect.stringContaining('Retry-After'),
  });
  await expect(late).rejects.toMatchObject({ code: 'CQ438' });
  expect(gate.waiting).toBe(0);
  leave();
  await gate.enter();
  expect(await refused()).toBe(before + 2);
});

it('lets parties take turns, and gives none of them more than half', async () => {
  const gate = new Gate({ name: 'requests', size: 4, waiting: 4, patience: PATIENCE });
  const order: string[] = [];
  const leaving: Leave[] = [];
  const enter = async (party: string) => {
    leaving.push(await gate.enter(party));
    order.push(party);
  };
  const greedy = ['a', 'a', 'a', 'a'].map(enter);
  await Promise.all(greedy.slice(0, 2));
  expect([gate.inUse, gate.waiting]).toEqual([2, 2]);
  // half of the queue is full, and the other half is for others
  await expect(gate.enter('a')).rejects.toMatchObject({ code: 'CQ438' });
  await Promise.all(['b', 'b'].map(enter));
  const [b, c] = ['b', 'c'].map(enter);
  expect([gate.inUse, gate.waiting]).toEqual([4, 4]);
  leaving.shift()!(); // one of a
  await greedy[2];
  leaving.splice(1, 1)[0]!(); // one of b, whose turn it is again
  await b;
  leaving.splice(1, 1)[0]!();
  await c;
  expect(order).toEqual(['a', 'a', 'b', 'b', 'a', 'b', 'c']);
});

it('makes room again when no connection could be made, and when one was used for a single query', async () => {
  const gate = new Gate({ name: 'requests', size: 1, waiting: 0, patience: PATIENCE });
  const pool = gated(new pg.Pool({ connectionString: 'postgres://nobody@127.0.0.1:1/none' }), gate);
  for (const _ of [1, 2]) await expect(pool.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await expect(pool.query('select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(gate.inUse).toBe(0);
  await pool.end();
});
