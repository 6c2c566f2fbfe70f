import { expect } from 'vitest';
import type { TestUser } from '../../support/users.ts';
import { type Attacks, call, fails, nobody, tenants } from './scene.ts';

const put = (user: TestUser, id: string) =>
  call(user, `select app_public.put_agent_checkpoint('thread', $1, 'json', '1')`, id);
const ids = async (user: TestUser): Promise<string[]> =>
  (
    await call(
      user,
      `select c.checkpoint_id, cardinality(c.writes) as writes from unnest(app_public.agent_checkpoints(max_rows => 100)) as c order by 1`,
    )
  ).rows.map((row) => `${row.checkpoint_id}:${row.writes}`);

/** Attacks on the functions of agents' states: the same names of a thread and a state, of others. */
export const agents: Attacks = {
  'app_public.put_agent_checkpoint': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    for (const user of [ann, bob, owner, member]) await put(user, '1');
    expect(await fails(put(viewer, '1'))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.put_agent_checkpoint('thread', '1', 'json', '1')`);
  },
  'app_public.put_agent_checkpoint_writes': async () => {
    const { ann, bob, member, owner, viewer } = tenants;
    for (const user of [ann, bob, owner, member]) await put(user, '1');
    const write = `select app_public.put_agent_checkpoint_writes('thread', '1', array[row('task', '', 0, 'c', 'json', '1')::app_public.agent_checkpoint_write])`;
    await call(member, write);
    expect(await ids(member)).toContain('1:1');
    for (const user of [ann, bob, owner]) expect(await ids(user)).toContain('1:0');
    expect(await fails(call(viewer, write))).toMatchObject({ code: 'CQ109' });
    await nobody(write);
  },
  'app_public.agent_checkpoints': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    for (const user of [ann, bob, owner, member]) await put(user, `of ${user.id}`);
    for (const user of [ann, bob, owner, member]) {
      expect((await ids(user)).filter((id) => id.startsWith('of '))).toEqual([`of ${user.id}:0`]);
    }
    expect(await ids(viewer)).toEqual([]);
    await nobody('select app_public.agent_checkpoints()');
  },
  'app_public.prune_agent_thread': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    for (const user of [ann, bob, owner, member]) for (const id of ['8', '9']) await put(user, id);
    await call(owner, `select app_public.prune_agent_thread('thread')`);
    expect(await ids(member)).toEqual(expect.arrayContaining(['8:0', '9:0']));
    await call(ann, `select app_public.prune_agent_thread('thread')`);
    expect(await ids(bob)).toEqual(expect.arrayContaining(['8:0', '9:0']));
    expect(await fails(call(viewer, `select app_public.prune_agent_thread('thread')`))).toMatchObject({
      code: 'CQ109',
    });
    await nobody(`select app_public.prune_agent_thread('thread')`);
  },
  'app_public.delete_agent_thread': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    for (const user of [ann, bob, owner, member]) await put(user, '1');
    const remove = `select app_public.delete_agent_thread('thread')`;
    await call(ann, remove);
    await call(owner, remove);
    expect(await ids(ann)).toEqual([]);
    for (const user of [bob, member]) expect((await ids(user)).length).toBeGreaterThan(0);
    expect(await fails(call(viewer, remove))).toMatchObject({ code: 'CQ109' });
    await nobody(remove);
  },
};
