import pg from 'pg';
import { expect, it } from 'vitest';
import { Gate, gated } from '../../lib/gate.ts';
import { registry } from '../../lib/metrics.ts';

const PATIENCE = 60_000;

it('lets so many in, and the others in their order', async () => {
  const gate = new Gate({ name: 'requests', size: 2, waiting: 10, patience: PATIENCE });
  const entered: string[] = [];
  const enter = (name: string) => gate.enter().then(() => entered.push(name));
  const all = ['a', 'b', 'c', 'd'].map(enter);
  await Promise.all(all.slice(0, 2));
  expect([entered, gate.inUse, gate.waiting]).toEqual([['a', 'b'], 2, 2]);
  gate.leave();
  await all[2];
  expect([entered, gate.inUse, gate.waiting]).toEqual([['a', 'b', 'c'], 2, 1]);
  gate.leave();
  await all[3];
  for (const _ of [1, 2]) gate.leave();
  expect([gate.inUse, gate.waiting]).toEqual([0, 0]);
});

it('says CQ438 to whom it lets wait for too long, and to those who find too many waiting', async () => {
  const refused = async () => {
    const metric = await registry.getSingleMetric('colloquy_pool_refused_total')!.get();
    return metric.values.find(({ labels }) => labels.pool === 'visitors')?.value ?? 0;
  };
  const before = await refused();
  const gate = new Gate({ name: 'visitors', size: 1, waiting: 1, patience: 20 });
  await gate.enter();
  const late = gate.enter();
  await expect(gate.enter()).rejects.toMatchObject({
    code: 'CQ438',
    hint: expect.stringContaining('Retry-After'),
  });
  await expect(late).rejects.toMatchObject({ code: 'CQ438' });
  expect(gate.waiting).toBe(0);
  gate.leave();
  await gate.enter();
  expect(await refused()).toBe(before + 2);
});

it('makes room again when no connection could be made, and when one was used for a single query', async () => {
  const gate = new Gate({ name: 'requests', size: 1, waiting: 0, patience: PATIENCE });
  const pool = gated(new pg.Pool({ connectionString: 'postgres://nobody@127.0.0.1:1/none' }), gate);
  for (const _ of [1, 2]) await expect(pool.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await expect(pool.query('select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(gate.inUse).toBe(0);
  await pool.end();
});
