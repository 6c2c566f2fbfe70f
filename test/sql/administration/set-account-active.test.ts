import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { addContent } from '../../support/tenants.ts';
import { asRole, registerUser, type TestUser } from '../../support/users.ts';

describeReal('the administration of accounts', () => {
  let database: Database;
  let root: TestUser;
  let second: TestUser;
  let ann: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    root = await registerUser(database, 'root@example.org');
    second = await registerUser(database, 'second@example.org');
    ann = await registerUser(database, 'ann@example.org');
    await addContent(database, ann, 'ann');
    await database
      .pool('owner')
      .query(`update app_public.users set role = 'admin' where id = any ($1)`, [[root.id, second.id]]);
  });
  afterAll(async () => {
    await database?.close();
  });

  /** As the API runs a request of an administrator: the role, and the claims. */
  const as = async <Row extends object>(user: TestUser, sql: string, ...values: unknown[]): Promise<Row[]> =>
    asRole(
      database,
      'colloquy_admin',
      { userId: user.id, workspaceId: user.workspaceId, memberRole: 'owner' },
      async (client) => (await client.query<Row>(sql, values)).rows,
    );
  const code = (work: Promise<unknown>): Promise<string | undefined> => work.then(() => 'allowed', errorCode);
  const isKnown = async (token: string): Promise<boolean> =>
    (await database.pool('authenticator').query('select * from app_hidden.authenticate($1)', [token])).rows
      .length > 0;
  const auditOf = async (id: string): Promise<{ action: string; user_id: string | null }[]> =>
    (
      await database
        .pool('owner')
        .query('select action, user_id from app_public.audit_logs where entity_id = $1 order by id', [id])
    ).rows;

  it('lists accounts by what their address has, and shows nothing of what they own', async () => {
    const rows = await as<{ email: string }>(root, 'select email from app_public.all_accounts($1)', 'ANN@');
    expect(rows).toEqual([{ email: 'ann@example.org' }]);
    expect(await as(root, 'select email from app_public.all_accounts()')).toHaveLength(3);
    expect(await as(root, `select email from app_public.all_accounts('%')`)).toEqual([]);
    for (const table of ['documents', 'conversations', 'memory_items', 'files', 'workspaces', 'messages'])
      expect(
        await as(
          root,
          `select 1 from app_public.${table} where ${table === 'workspaces' ? 'id' : 'workspace_id'} = $1`,
          ann.workspaceId,
        ),
        table,
      ).toEqual([]);
  });

  it('switches an account off, which ends its sessions, and on again', async () => {
    expect(await isKnown(ann.token)).toBe(true);
    await as(root, 'select app_public.set_account_active($1, false)', ann.id);
    expect(await isKnown(ann.token)).toBe(false);
    await as(root, 'select app_public.set_account_active($1, true)', ann.id);
    // the old token stays dead
    expect(await isKnown(ann.token)).toBe(false);
    const audit = await auditOf(ann.id);
    expect(audit.filter(({ action }) => action === 'account.changed')).toEqual([
      { action: 'account.changed', user_id: root.id },
      { action: 'account.changed', user_id: root.id },
    ]);
  });

  it('never switches off the own account, nor the last administrator', async () => {
    expect(await code(as(root, 'select app_public.set_account_active($1, false)', root.id))).toBe('CQ161');
    await as(root, `select app_public.set_account_role($1, 'user')`, second.id);
    expect(await code(as(root, `select app_public.set_account_role($1, 'user')`, root.id))).toBe('CQ160');
    // nor does the operator by mistake
    const owner = database.pool('owner');
    expect(await code(owner.query('select app_public.set_account_active($1, false)', [root.id]))).toBe(
      'CQ160',
    );
    await as(root, `select app_public.set_account_role($1, 'admin')`, second.id);
  });

  it('lets only one of two administrators take the role of the other at the same time', async () => {
    const outcomes = await Promise.all([
      code(as(root, `select app_public.set_account_role($1, 'user')`, second.id)),
      code(as(second, `select app_public.set_account_role($1, 'user')`, root.id)),
    ]);
    expect(outcomes.filter((outcome) => outcome === 'allowed')).toHaveLength(1);
    const { rows } = await database
      .pool('owner')
      .query(`select count(*)::integer as count from app_public.users where role = 'admin' and is_active`);
    expect(rows).toEqual([{ count: 1 }]);
    await database
      .pool('owner')
      .query(`update app_public.users set role = 'admin' where id = any ($1)`, [[root.id, second.id]]);
  });

  it('sets quotas, and refuses what is none', async () => {
    const [row] = await as(
      root,
      'select monthly_token_quota, monthly_cost_quota_usd from app_public.set_account_quota($1, 1000, 2.5)',
      ann.id,
    );
    expect(row).toEqual({ monthly_token_quota: '1000', monthly_cost_quota_usd: '2.500000' });
    for (const values of ['-1, null', `null, -1`, `null, 'NaN'`, `null, 'infinity'`])
      expect(await code(as(root, `select app_public.set_account_quota($1, ${values})`, ann.id)), values).toBe(
        'CQ200',
      );
    await as(root, 'select app_public.set_account_quota($1)', ann.id);
  });

  describe('of an account that is not there', () => {
    it.each([
      'set_account_active($1, true)',
      `set_account_role($1, 'admin')`,
      'set_account_quota($1, 1)',
      'end_account_sessions($1)',
      'reset_account_password($1)',
    ])('%s says so', async (call) => {
      expect(await code(as(root, `select app_public.${call}`, '01890000-0000-7000-8000-000000000000'))).toBe(
        'CQ204',
      );
    });
  });

  it('is no business of an API key, whatever its scopes', async () => {
    const claims = {
      userId: root.id,
      workspaceId: root.workspaceId,
      memberRole: 'owner',
      scopes: 'read,write,admin',
    };
    for (const call of [
      `set_account_role('${ann.id}', 'admin')`,
      `set_account_active('${ann.id}', false)`,
      `invite_account('x@example.org')`,
    ])
      expect(
        await code(
          asRole(database, 'colloquy_admin', claims, (client) => client.query(`select app_public.${call}`)),
        ),
        call,
      ).toBe('CQ110');
  });

  it('invites somebody, who chooses the password with the token of the mail', async () => {
    const [made] = await as<{ id: string; role: string; is_email_verified: boolean }>(
      root,
      `select id, role, is_email_verified from app_public.invite_account('new@example.org', 'New', 'user')`,
    );
    expect(made).toMatchObject({ role: 'user', is_email_verified: false });
    expect(await code(as(root, `select app_public.invite_account('NEW@example.org')`))).toBe('CQ104');
    expect(await code(as(root, `select app_public.invite_account('no address')`))).toBe('CQ200');
    const { rows } = await database
      .pool('owner')
      .query('select count(*)::integer as count from app_public.workspace_members where user_id = $1', [
        made!.id,
      ]);
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('ends the sessions of an account', async () => {
    const bob = await registerUser(database, 'bob@example.org');
    const [row] = await as<{ ended: number }>(
      root,
      'select app_public.end_account_sessions($1) as ended',
      bob.id,
    );
    expect(row).toEqual({ ended: 1 });
    expect(await isKnown(bob.token)).toBe(false);
    expect((await auditOf(bob.id)).at(-1)).toEqual({ action: 'account.sessions_ended', user_id: root.id });
  });

  it('counts what workspaces hold, and tells no name of them', async () => {
    const rows = await as<Record<string, string>>(root, 'select * from app_public.installation_usage()');
    const of = rows.find((row) => row.workspace_id === ann.workspaceId)!;
    expect(of).toMatchObject({ owner_id: ann.id, members: '1' });
    expect(Number(of.documents)).toBeGreaterThan(0);
    expect(Object.keys(of).filter((name) => /name|title|slug|content/.test(name))).toEqual([]);
    expect(await code(as(root, 'select * from app_public.installation_usage(0)'))).toBe('CQ200');
  });

  it('shows the log of accounts and settings, and of no workspace', async () => {
    const rows = await as<{ action: string; workspace_id: string | null }>(
      root,
      'select action, workspace_id from app_public.installation_audit_logs()',
    );
    expect(rows.map(({ action }) => action)).toContain('account.changed');
    expect(rows.every(({ workspace_id }) => workspace_id === null)).toBe(true);
  });
});
