import { expect } from 'vitest';
import type { TestUser } from '../../support/users.ts';
import {
  type Attacks,
  administratorsOnly,
  call,
  database,
  fails,
  NOWHERE,
  nobody,
  of,
  onlyOperators,
  said,
  tenants,
} from './scene.ts';

/** Attacks on the functions of operators and managers. */
export const operations: Attacks = {
  'app_public.storage_usage': async () => {
    const bytes = async (user: TestUser) =>
      Number((await call(user, 'select bytes from app_public.storage_usage()')).rows[0].bytes);
    const { ann, bob } = tenants;
    // each its own: what one stores is not in the sum of the other
    const before = await bytes(bob);
    await call(ann, `select app_public.create_document(title => 'long', content => repeat('x', 10000))`);
    expect(await bytes(bob)).toBe(before);
    await nobody('select * from app_public.storage_usage()');
  },
  'app_hidden.file_progress': async () => {
    const { ann, bob, owner, member } = tenants;
    const progress = (user: TestUser, id: string) =>
      call(user, 'select stage from app_hidden.file_progress($1)', id);
    expect((await progress(bob, of(bob).file)).rowCount).toBe(1);
    const missing = await fails(progress(ann, NOWHERE));
    expect(missing).toMatchObject({ code: 'CQ204' });
    expect(await fails(progress(ann, of(bob).file))).toEqual(missing);
    expect(await fails(progress(member, of(owner).file))).toEqual(missing);
    await nobody(`select * from app_hidden.file_progress('${of(bob).file}')`);
  },
  'app_hidden.installation_jobs': () => administratorsOnly('select * from app_hidden.installation_jobs()'),
  'app_public.performance_stats': async () => onlyOperators('select * from app_public.performance_stats()'),
  'app_public.processing_jobs': async () => onlyOperators('select * from app_public.processing_jobs()'),
  'app_public.place_legal_hold': async () => {
    const { member, viewer, ann } = tenants;
    const hold = (user: TestUser) =>
      call(user, `select workspace_id from app_public.place_legal_hold('mine', 'files')`);
    expect(await fails(hold(member))).toMatchObject({ code: 'CQ114' });
    expect(await fails(hold(viewer))).toMatchObject({ code: 'CQ109' });
    expect((await hold(ann)).rows).toEqual([{ workspace_id: ann.workspaceId }]);
    await nobody(`select app_public.place_legal_hold('mine')`);
  },
  'app_public.release_legal_hold': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const holdOf = async (user: TestUser) =>
      (
        await database
          .pool('owner')
          .query(`select id from app_public.legal_holds where workspace_id = $1 and kind = 'audit_logs'`, [
            user.workspaceId,
          ])
      ).rows[0].id;
    const release = (user: TestUser, id: string) =>
      call(user, 'select app_public.release_legal_hold($1)', id);
    const missing = await fails(release(ann, NOWHERE));
    expect(missing).toMatchObject({ code: 'CQ204' });
    expect(await fails(release(ann, await holdOf(bob)))).toEqual(missing);
    expect(await fails(release(member, await holdOf(owner)))).toMatchObject({ code: 'CQ114' });
    expect(await fails(release(viewer, await holdOf(owner)))).toMatchObject({ code: 'CQ109' });
    await nobody(`select app_public.release_legal_hold('${await holdOf(bob)}')`);
  },
  'app_public.set_retention_policy': async () => {
    const { ann, member, viewer } = tenants;
    const set = (user: TestUser) =>
      call(user, `select workspace_id from app_public.set_retention_policy('raw_events', 1)`);
    expect(await fails(set(member))).toMatchObject({ code: 'CQ114' });
    expect(await fails(set(viewer))).toMatchObject({ code: 'CQ109' });
    expect((await set(ann)).rows).toEqual([{ workspace_id: ann.workspaceId }]);
    await nobody(`select app_public.set_retention_policy('raw_events', 1)`);
  },
  'app_public.preview_retention': async () => {
    const { ann, bob, member, viewer } = tenants;
    const rows = async (user: TestUser) =>
      (
        await call(
          user,
          `select row_count::int as n from app_public.preview_retention() where kind = 'raw_events'`,
        )
      ).rows;
    // each its own: what is due for one is not in the numbers of another
    const before = await rows(bob);
    await database.pool('owner').query(
      `insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, payload, processing_status)
       values (app_hidden.uuidv7_at(now() - interval '1 year'), $1, $2, 'zoo', 'birth', '{}', 'completed')`,
      [ann.workspaceId, ann.id],
    );
    expect([await rows(ann), await rows(bob)]).toEqual([[{ n: 1 }], before]);
    expect(await fails(rows({ ...ann, workspaceId: bob.workspaceId }))).toMatchObject({ code: 'CQ114' });
    expect(await fails(rows(member))).toMatchObject({ code: 'CQ114' });
    expect(await fails(rows(viewer))).toMatchObject({ code: 'CQ114' });
    await nobody('select * from app_public.preview_retention()');
  },
  'app_public.workspace_dashboard': async () => {
    const { ann, bob, member, viewer } = tenants;
    const messages = async (user: TestUser) =>
      (await call(user, 'select message_count::int as n from app_public.workspace_dashboard()')).rows[0].n;
    const { rows } = await database
      .pool('owner')
      .query(
        'select workspace_id as id, sum(message_count)::int as n from app_public.conversation_analytics group by 1',
      );
    const sums = new Map(rows.map((row) => [row.id, row.n]));
    for (const user of [ann, bob, member, viewer])
      expect(await messages(user)).toBe(sums.get(user.workspaceId));
    expect(await fails(messages({ ...ann, workspaceId: bob.workspaceId }))).toMatchObject({
      code: 'CQ204',
    });
    await nobody('select app_public.workspace_dashboard()');
  },
  'app_public.conversation_summary_stats': async () => {
    const { ann, bob, member } = tenants;
    const configurations = async (user: TestUser) =>
      (await call(user, 'select rag_configuration_id as id from app_public.conversation_summary_stats()'))
        .rows;
    for (const user of [ann, bob, member])
      expect(new Set((await configurations(user)).map((row) => row.id))).toEqual(
        new Set([said(user).configuration]),
      );
    expect(await fails(configurations({ ...ann, workspaceId: bob.workspaceId }))).toMatchObject({
      code: 'CQ204',
    });
    await nobody('select app_public.conversation_summary_stats()');
  },
  'app_public.user_activity_summary': async () => {
    const { ann, bob, owner, member, viewer } = tenants;
    const people = async (user: TestUser) =>
      (await call(user, 'select user_id from app_public.user_activity_summary()')).rows.map(
        (row) => row.user_id,
      );
    expect(await people(ann)).toEqual([ann.id]);
    expect(await people(member)).toEqual([member.id]);
    expect(await people(viewer)).toEqual([viewer.id]);
    expect((await people(owner)).sort()).toEqual([owner.id, member.id, viewer.id].sort());
    expect(await fails(people({ ...ann, workspaceId: bob.workspaceId }))).toMatchObject({
      code: 'CQ204',
    });
    await nobody('select app_public.user_activity_summary()');
  },
};
