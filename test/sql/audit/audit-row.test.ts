import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { createWorkspace, join } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

// who joins, leaves and holds a key: audit-logs.test.ts
describeReal('changes of configuration and permissions in the audit log', () => {
  let database: Database;
  let boss: TestUser;
  let member: TestUser;
  let stranger: TestUser;
  let workspace: string;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    workspace = await createWorkspace(database, 'Team');
    boss = await join(database, await registerUser(database, 'boss@example.org'), workspace, 'owner');
    member = await join(database, await registerUser(database, 'member@example.org'), workspace, 'member');
    stranger = await registerUser(database, 'stranger@example.org');
  });
  afterAll(async () => {
    await database?.close();
  });

  const owner = () => database.pool('owner');
  const call = async (user: TestUser, sql: string, ...values: unknown[]) =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows;
  /** What work has written into the audit log, as its own user reads it and as the operator does. */
  async function logged(work: () => Promise<unknown>) {
    const last = (await owner().query('select max(id::text)::uuid as id from app_public.audit_logs')).rows[0]
      .id;
    await work();
    const { rows } = await owner().query(
      `select action, user_id, workspace_id, entity_id, old_values, new_values from app_public.audit_logs where id > $1 order by id`,
      [last],
    );
    return rows;
  }
  const visibleTo = async (user: TestUser, action: string): Promise<number> =>
    (await call(user, 'select from app_public.audit_logs where action = $1', action)).length;

  it('has every version of a configuration', async () => {
    const entries = await logged(async () => {
      const [made] = await call(
        boss,
        `select id from app_public.create_rag_configuration('Short', max_tokens => 100)`,
      );
      await call(
        boss,
        `update app_public.rag_configurations set max_tokens = 200, system_prompt = 'Be brief.' where id = $1`,
        made.id,
      );
      await call(boss, 'update app_public.rag_configurations set max_tokens = 200 where id = $1', made.id);
      await call(boss, 'select app_public.set_default_rag_configuration($1)', made.id);
      await call(
        boss,
        `select app_public.set_default_rag_configuration(id) from app_public.rag_configurations where name = 'Default'`,
      );
      await call(boss, 'delete from app_public.rag_configurations where id = $1', made.id);
    });
    expect(entries.map((entry) => entry.action)).toEqual([
      'rag_configuration.created',
      'rag_configuration.changed',
      // what was the default and what is
      'rag_configuration.changed',
      'rag_configuration.changed',
      'rag_configuration.changed',
      'rag_configuration.changed',
      'rag_configuration.removed',
    ]);
    expect(entries[0]).toMatchObject({
      user_id: boss.id,
      workspace_id: workspace,
      new_values: { name: 'Short', max_tokens: 100 },
    });
    expect(entries[1]).toMatchObject({
      old_values: { max_tokens: 100, system_prompt: null },
      new_values: { max_tokens: 200, system_prompt: 'Be brief.' },
    });
    expect(entries[6]).toMatchObject({ old_values: { name: 'Short', max_tokens: 200 }, new_values: null });
    expect(await visibleTo(boss, 'rag_configuration.created')).toBeGreaterThan(0);
    expect(await visibleTo(member, 'rag_configuration.created')).toBe(0);
    expect(
      (await call(stranger, 'select from app_public.audit_logs where workspace_id = $1', workspace)).length,
    ).toBe(0);
  });

  it('has the templates of a workspace, and keeps a private one from its managers', async () => {
    const entries = await logged(async () => {
      const [open] = await call(
        member,
        `select id from app_public.create_system_prompt_template('Open', 'Old words', is_public => true)`,
      );
      await call(
        member,
        `update app_public.system_prompt_templates set template = 'New words' where id = $1`,
        open.id,
      );
      const [mine] = await call(
        member,
        `select id from app_public.create_system_prompt_template('Mine', 'Private words')`,
      );
      await call(
        member,
        `update app_public.system_prompt_templates set template = 'Public words', is_public = true where id = $1`,
        mine.id,
      );
      await call(member, 'delete from app_public.system_prompt_templates where id = $1', mine.id);
    });
    expect(entries.map(({ action, workspace_id }) => [action, workspace_id])).toEqual([
      ['system_prompt_template.created', workspace],
      ['system_prompt_template.changed', workspace],
      ['system_prompt_template.created', null],
      ['system_prompt_template.changed', null],
      ['system_prompt_template.removed', workspace],
    ]);
    expect(entries[1]).toMatchObject({
      old_values: { template: 'Old words' },
      new_values: { template: 'New words' },
    });
    const words = async (user: TestUser) =>
      (await call(user, `select from app_public.audit_logs a where a::text like '%Private words%'`)).length;
    expect([await words(member), await words(boss), await words(stranger)]).toEqual([2, 0, 0]);
  });

  it('has retention, holds, budgets and links', async () => {
    const entries = await logged(async () => {
      await call(boss, `select app_public.set_retention_policy('conversations', 30)`);
      await call(boss, `select app_public.set_retention_policy('conversations', 60)`);
      const [hold] = await call(
        boss,
        `select id from app_public.place_legal_hold('A case', 'conversations')`,
      );
      await call(boss, 'select app_public.release_legal_hold($1)', hold.id);
      await call(boss, `select app_public.set_usage_budget('month', token_limit => 1000)`);
      await call(boss, `select app_public.set_usage_budget('month', token_limit => 2000)`);
      const [conversation] = await call(member, `select id from app_public.start_conversation('Shown')`);
      await call(member, `select app_public.post_message($1, 'Hello')`, conversation.id);
      const [share] = await call(member, 'select id from app_public.share_conversation($1)', conversation.id);
      await call(member, 'select app_public.revoke_share($1)', share.id);
    });
    expect(entries.map((entry) => entry.action)).toEqual([
      'retention_policy.created',
      'retention_policy.changed',
      'legal_hold.created',
      'legal_hold.changed',
      'usage_budget.created',
      'usage_budget.changed',
      'conversation_share.created',
      'conversation_share.changed',
    ]);
    expect(entries[1]).toMatchObject({ old_values: { keep_days: 30 }, new_values: { keep_days: 60 } });
    expect(entries[3]).toMatchObject({
      old_values: { released_by: null },
      new_values: { released_by: boss.id },
    });
    // a limit of tokens is no secret
    expect(entries[5]).toMatchObject({
      old_values: { token_limit: 1000 },
      new_values: { token_limit: 2000 },
    });
    expect(entries[6]!.new_values).not.toHaveProperty('token_hash');
    expect(entries[6]).toMatchObject({ user_id: member.id, workspace_id: workspace });
  });

  it('has what the operator changes of accounts and of the installation', async () => {
    const entries = await logged(async () => {
      await owner().query(
        `update app_public.users set role = 'moderator', display_name = 'M' where id = $1`,
        [member.id],
      );
      await owner().query(`update app_public.users set total_tokens_used = total_tokens_used + 1`);
      await owner().query(`update app_private.settings set value = '4000' where name = 'search_exact_limit'`);
      await owner().query(`update app_private.settings set value = '4000' where name = 'search_exact_limit'`);
      await owner().query(
        `update app_public.file_type_configs set is_enabled = false where mime_type = 'application/pdf'`,
      );
    });
    expect(entries).toEqual([
      {
        action: 'account.changed',
        user_id: null,
        workspace_id: null,
        entity_id: member.id,
        old_values: { role: 'user', display_name: null },
        new_values: { role: 'moderator', display_name: 'M' },
      },
      {
        action: 'setting.changed',
        user_id: null,
        workspace_id: null,
        entity_id: null,
        old_values: { name: 'search_exact_limit', value: '5000' },
        new_values: { name: 'search_exact_limit', value: '4000' },
      },
      {
        action: 'file_type.changed',
        user_id: null,
        workspace_id: null,
        entity_id: null,
        old_values: { mime_type: 'application/pdf', is_enabled: true },
        new_values: { mime_type: 'application/pdf', is_enabled: false },
      },
    ]);
    expect(await visibleTo(boss, 'setting.changed')).toBe(0);
  });
});
