import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { join } from '../../support/tenants.ts';
import { asRole, asVisitor, registerUser, type TestUser } from '../../support/users.ts';
import {
  ann,
  as,
  begin,
  beginAnywhere,
  database,
  endScene,
  everything,
  member,
  owner,
  say,
  setScene,
  tables,
  viewer,
} from './scene.ts';

describeReal('who sees what', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const RANGE = `'2026-07-01', '2026-07-31'`;
  let hidden: string;
  let shared: string;

  beforeAll(async () => {
    hidden = await begin('2026-07-01T00:00:00Z', member);
    shared = await beginAnywhere('2026-07-02T00:00:00Z', owner);
    await tables().query(`update app_public.conversations set visibility = 'workspace' where id = $1`, [
      shared,
    ]);
    await say(hidden, '2026-07-03T10:00:00Z', { role: 'user', author_id: member.id, total_tokens: 5 });
    await say(shared, '2026-07-03T10:00:00Z', { role: 'user', author_id: owner.id });
    await say(shared, '2026-07-04T10:00:00Z', { role: 'user', author_id: member.id });
    await tables().query(
      `insert into app_public.usage_logs (id, workspace_id, user_id, action, total_tokens, cost_usd)
       values (app_hidden.uuidv7_at('2026-07-31 23:59:59Z'), $1, $2, 'message', 11, 0.5), (app_hidden.uuidv7_at('2026-08-01 00:00:00Z'), $1, $2, 'message', 100, 1)`,
      [member.workspaceId, member.id],
    );
    await everything();
  });

  it('shows the figures of a conversation to those who read it', async () => {
    const seen = async (user: TestUser) =>
      (
        await as(
          user,
          `select distinct conversation_id as id from app_public.conversation_analytics where day between '2026-07-01' and '2026-07-31'`,
        )
      ).map((row) => row.id);
    expect((await seen(member)).sort()).toEqual([hidden, shared].sort());
    expect(await seen(owner)).toEqual([shared]);
    expect(await seen(viewer)).toEqual([shared]);
    expect(await seen(ann)).toEqual([]);
    expect(await seen({ ...member, workspaceId: ann.workspaceId })).toEqual([]);
  });

  it('shows the sums of the workspace to every member and to nobody else', async () => {
    for (const user of [owner, member, viewer]) {
      const [total] = await as(user, `select * from app_public.workspace_dashboard(${RANGE})`);
      expect(total).toMatchObject({
        conversation_count: '2',
        message_count: '3',
        active_members: '2',
        total_tokens: '5',
      });
      expect(
        await as(
          user,
          `select sum(message_count)::int as n from app_public.conversation_summary_stats(${RANGE})`,
        ),
      ).toEqual([{ n: 3 }]);
      expect(
        await as(
          user,
          `select sum(message_count)::int as n from app_public.rag_configuration_performance where period = 'month' and period_start = '2026-07-01'`,
        ),
      ).toEqual([{ n: 3 }]);
    }
    expect(await as(ann, `select 1 from app_public.conversation_summary_stats(${RANGE})`)).toEqual([]);
    expect(
      await as(
        ann,
        `select 1 from app_public.rag_configuration_performance where period_start = '2026-07-01'`,
      ),
    ).toEqual([]);
  });

  it('shows what everybody did to those who manage, and to others what they did themselves', async () => {
    const activity = (user: TestUser) =>
      as(
        user,
        `select a.*, a.last_active_day::text as last_active_day from app_public.user_activity_summary(${RANGE}) as a`,
      );
    const ofMember = {
      user_id: member.id,
      member_role: 'member',
      conversation_count: '2',
      message_count: '2',
      active_days: '2',
      last_active_day: '2026-07-04',
      total_tokens: '11',
      cost_usd: '0.500000',
    };
    expect((await activity(owner)).map((row) => [row.user_id, row.message_count])).toEqual([
      [member.id, '2'],
      [owner.id, '1'],
      [viewer.id, '0'],
    ]);
    expect((await activity(owner))[0]).toEqual(ofMember);
    expect(await activity(member)).toEqual([ofMember]);
    expect(
      (await activity(viewer)).map((row) => [row.user_id, row.message_count, row.last_active_day]),
    ).toEqual([[viewer.id, '0', null]]);
    // an administrator of the workspace is one of those who manage; an API key needs the scope
    const promoted = await join(
      database,
      await registerUser(database, 'admin@example.org'),
      owner.workspaceId,
      'admin',
    );
    expect(await activity(promoted)).toHaveLength(4);
    const byKey = await asRole(
      database,
      'colloquy_user',
      { userId: owner.id, workspaceId: owner.workspaceId, memberRole: 'owner', scopes: 'read' },
      (client) => client.query(`select user_id from app_public.user_activity_summary(${RANGE})`),
    );
    expect(byKey.rows).toEqual([{ user_id: owner.id }]);
    await tables().query(
      'delete from app_public.workspace_members where user_id = $1 and workspace_id = $2',
      [promoted.id, owner.workspaceId],
    );
    // the claims of somebody who left
    await expect(activity(promoted)).rejects.toMatchObject({ code: 'CQ204' });
  });

  it('answers for the last 30 days without a range', async () => {
    const user = await registerUser(database, 'recent@example.org');
    const now = Date.now();
    const day = 86_400_000;
    for (const age of [0, 28, 31]) {
      const at = new Date(now - age * day).toISOString();
      const id = await beginAnywhere(new Date(now - age * day - 60_000).toISOString(), user);
      await say(id, at, { role: 'user', author_id: user.id });
    }
    await everything();
    expect(await as(user, 'select message_count from app_public.workspace_dashboard()')).toEqual([
      { message_count: '2' },
    ]);
    expect(await as(user, 'select 1 from app_public.conversation_summary_stats()')).toHaveLength(2);
    expect(await as(user, 'select message_count from app_public.user_activity_summary()')).toEqual([
      { message_count: '2' },
    ]);
  });

  it('answers an empty workspace with nothing, and zeros', async () => {
    const fresh = await registerUser(database, 'fresh@example.org');
    expect((await as(fresh, `select * from app_public.workspace_dashboard(${RANGE})`))[0]).toEqual({
      conversation_count: '0',
      message_count: '0',
      answer_count: '0',
      active_members: '0',
      total_tokens: '0',
      cost_usd: '0',
      avg_relevance_score: null,
      avg_response_time_ms: null,
      positive_feedback: '0',
      negative_feedback: '0',
      feedback_ratio: null,
      satisfaction_score: null,
      computed_at: null,
    });
    expect(await as(fresh, `select 1 from app_public.conversation_summary_stats(${RANGE})`)).toEqual([]);
    expect(await as(fresh, `select message_count from app_public.user_activity_summary(${RANGE})`)).toEqual([
      { message_count: '0' },
    ]);
  });

  it.each(['conversation_summary_stats', 'user_activity_summary', 'workspace_dashboard'])(
    '%s wants a signed-in caller and a range of days',
    async (name) => {
      for (const range of [
        `null, 'infinity'`,
        `'2026-01-02', '2026-01-01'`,
        `'2020-01-01', '2026-01-01'`,
        `'-infinity', 'infinity'`,
      ])
        await expect(as(ann, `select app_public.${name}(${range})`)).rejects.toMatchObject({
          code: 'CQ200',
        });
      await expect(
        asVisitor(database, (client) => client.query(`select app_public.${name}(${RANGE})`)),
      ).rejects.toMatchObject({ code: '42501' });
      await expect(
        asRole(database, 'colloquy_user', {}, (client) =>
          client.query(`select app_public.${name}(${RANGE})`),
        ),
      ).rejects.toMatchObject({ code: 'CQ101' });
      await expect(
        asRole(
          database,
          'colloquy_user',
          { userId: ann.id, workspaceId: ann.workspaceId, memberRole: 'owner', scopes: 'search' },
          (client) => client.query(`select app_public.${name}(${RANGE})`),
        ),
      ).rejects.toMatchObject({ code: 'CQ110' });
      await expect(
        as({ ...ann, workspaceId: owner.workspaceId }, `select app_public.${name}(${RANGE})`),
      ).rejects.toMatchObject({ code: 'CQ204' });
    },
  );

  it('keeps the materialized view, the notes and the work functions from every request', async () => {
    for (const role of ['colloquy_visitor', 'colloquy_user', 'colloquy_admin']) {
      for (const sql of [
        'select 1 from app_private.conversation_summary_stats',
        'refresh materialized view app_private.conversation_summary_stats',
        'select 1 from app_hidden.user_activity',
        'select 1 from app_hidden.analytics_changes',
        'select app_hidden.compute_conversation_analytics()',
        'select app_hidden.compute_configuration_performance()',
        'select app_hidden.refresh_summary_stats()',
        'select app_hidden.recheck_conversation_analytics()',
        `update app_public.conversation_analytics set message_count = 1`,
        `delete from app_public.rag_configuration_performance`,
      ])
        await expect(
          asRole(
            database,
            role,
            { userId: owner.id, workspaceId: owner.workspaceId, memberRole: 'owner' },
            (client) => client.query(sql),
          ),
          `${role}: ${sql}`,
        ).rejects.toMatchObject({ code: '42501' });
    }
    await expect(
      database.pool('worker').query('select 1 from app_private.conversation_summary_stats'),
    ).rejects.toMatchObject({ code: '42501' });
  });
});
