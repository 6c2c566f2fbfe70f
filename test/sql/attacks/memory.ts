import { expect } from 'vitest';
import { axis, indexAll } from '../../support/tenants.ts';
import type { TestUser } from '../../support/users.ts';
import {
  type Attacks,
  call,
  database,
  fails,
  ids,
  NOWHERE,
  nobody,
  of,
  strangersMemory,
  tenants,
} from './scene.ts';

/** Attacks on the functions of memories and events. */
export const memory: Attacks = {
  'app_public.forget': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    await strangersMemory(
      'forget',
      [ann, of(bob).memory],
      [ann, of(bob).sharedMemory],
      [member, of(owner).sharedMemory],
    );
    expect(await fails(call(viewer, 'select app_public.forget($1)', of(owner).sharedMemory))).toMatchObject({
      code: 'CQ109',
    });
  },
  'app_public.undo_memory': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    await strangersMemory(
      'undo_memory',
      [ann, of(bob).memory],
      [ann, of(bob).sharedMemory],
      [member, of(owner).sharedMemory],
    );
    expect(
      await fails(call(viewer, 'select app_public.undo_memory($1)', of(owner).sharedMemory)),
    ).toMatchObject({ code: 'CQ109' });
  },
  'app_public.ingest_event': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const deliver = (user: TestUser, key: string) =>
      call(user, `select * from app_public.ingest_event('zoo', 'birth', '{"of": "me"}', $1)`, key);
    // the identifier of an event of another workspace: an event of one's own
    const { rows } = await deliver(ann, 'birth of bob');
    expect(rows[0]).toMatchObject({ workspace_id: ann.workspaceId, payload: { of: 'me' } });
    expect(rows[0].id).not.toBe(of(bob).event);
    // that of an event of the own workspace: known, and no place for another content
    expect(await fails(deliver(member, 'birth of owner'))).toMatchObject({ code: 'CQ810' });
    const again = `select i.id from app_public.raw_events e, app_public.ingest_event(e.source, e.event_type, e.payload, e.external_id, e.metadata) as i where e.id = $1`;
    expect((await call(member, again, of(owner).event)).rows).toEqual([{ id: of(owner).event }]);
    expect(await fails(deliver(viewer, 'x'))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.ingest_event('zoo', 'birth', '{}')`);
  },
  'app_public.recall': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    await indexAll(database);
    const find = async (user: TestUser) =>
      (
        await call(
          user,
          `select m.* from app_public.recall('zebra', $1::extensions.halfvec, 100) as r cross join unnest(r.memories) as m`,
          JSON.stringify(axis(512, 0)),
        )
      ).rows.map((row) => row.memory_item_id);
    const mine = await find(ann);
    expect(mine.sort()).toEqual([of(ann).memory, of(ann).sharedMemory].sort());
    for (const stranger of [bob, owner, member])
      for (const id of ids(stranger)) expect(mine).not.toContain(id);
    expect((await find(viewer)).sort()).toEqual([of(owner).sharedMemory, of(member).sharedMemory].sort());
    await nobody(`select app_public.recall('zebra')`);
  },
  'app_public.remember': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const learn = (user: TestUser, type: string, id: string) =>
      call(user, `select app_public.remember('a fact', source_type => $1, source_id => $2)`, type, id);
    const missing = await fails(learn(ann, 'document', NOWHERE));
    expect(missing).toMatchObject({ code: 'CQ204' });
    for (const [type, id] of [
      ['document', of(bob).sharedDocument],
      ['chat', of(bob).sharedConversation],
      ['chat', of(bob).messages[0]],
      ['event', of(bob).event],
    ] as const)
      expect(await fails(learn(ann, type, id))).toEqual(missing);
    expect(await fails(learn(member, 'document', of(owner).document))).toEqual(missing);
    // the subject and the words of somebody else: a memory of one's own
    const { rows } = await call(
      member,
      `select id, owner_id from app_public.remember('zebra that owner tells of', subject => 'tale')`,
    );
    expect(rows[0]).toMatchObject({ owner_id: member.id });
    expect(rows[0].id).not.toBe(of(owner).sharedMemory);
    await call(member, 'select app_public.undo_memory($1)', rows[0].id);
    expect(await fails(call(viewer, `select app_public.remember('a')`))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.remember('a')`);
  },
  'app_public.use_memories': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const use = (user: TestUser) =>
      call(user, 'select id from app_public.use_memories($1)', [
        of(bob).memory,
        of(bob).sharedMemory,
        of(owner).memory,
        of(owner).sharedMemory,
      ]);
    expect((await use(ann)).rows).toEqual([]);
    expect((await use(member)).rows).toEqual([{ id: of(owner).sharedMemory }]);
    expect(await fails(use(viewer))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.use_memories('{}')`);
  },
  'app_public.import_events': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const load = async (user: TestUser, key: string) =>
      (
        await call(
          user,
          'select * from app_public.import_events($1)',
          JSON.stringify([{ source: 'zoo', eventType: 'birth', externalId: key, payload: { of: 'nobody' } }]),
        )
      ).rows[0];
    // the identifier of an event of another workspace: an event of one's own
    const first = await load(ann, 'birth of bob 2');
    expect(first).toMatchObject({ outcome: 'added' });
    expect((await load(bob, 'birth of bob 2')).raw_event_id).not.toBe(first.raw_event_id);
    expect(
      (await call(bob, 'select from app_public.raw_events where id = $1', first.raw_event_id)).rowCount,
    ).toBe(0);
    expect(await load(member, 'birth of owner')).toEqual({
      external_id: 'birth of owner',
      raw_event_id: null,
      outcome: 'unchanged',
      reason: null,
    });
    const { rows } = await database
      .pool('owner')
      .query('select payload from app_public.raw_events where id = $1', [of(owner).event]);
    expect(rows[0].payload).not.toEqual({ of: 'nobody' });
    expect(await fails(load(viewer, 'x'))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.import_events('[]')`);
  },
};
