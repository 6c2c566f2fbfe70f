import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  audit,
  authenticate,
  call,
  code,
  database,
  emailOf,
  endScene,
  newcomer,
  one,
  owner,
  request,
  setScene,
  team,
  visit,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { asRole, PASSWORD, type TestUser } from '../../support/users.ts';

describeReal('the audit log', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('holds what changed, by whom, from where, and never a secret', async () => {
    const all = await team();
    const before = (await audit(all.id)).length;
    await asRole(
      database,
      'colloquy_user',
      { userId: all.owner.id, workspaceId: all.id, memberRole: 'owner' },
      async (client) => {
        await client.query(
          `select set_config('colloquy.client_ip', '192.0.2.7', true), set_config('colloquy.request_id', 'r-1', true)`,
        );
        await client.query(`select app_public.change_member_role($1, 'viewer')`, [all.member.id]);
      },
    );
    await call(all.owner, `select app_public.rename_workspace('New name')`);
    await call(all.owner, `select app_public.rename_workspace('New name')`);
    await call(all.owner, `select app_public.invite_member('guest@example.org')`);
    const [key] = await call(all.owner, `select * from app_public.create_api_key('robot')`);
    await authenticate(key.secret);
    await call(all.owner, 'select app_public.revoke_api_key($1)', key.api_key_id);
    await call(all.owner, 'select app_public.remove_member($1)', all.member.id);
    const entries = (await audit(all.id)).slice(before);
    expect(entries.map((entry) => entry.action)).toEqual([
      'member.changed',
      'workspace.changed',
      'invitation.created',
      'api_key.created',
      'api_key.changed',
      'member.removed',
    ]);
    expect(entries[0]).toMatchObject({
      user_id: all.owner.id,
      entity_type: 'member',
      entity_id: all.member.id,
      old_values: { role: 'member' },
      new_values: { role: 'viewer' },
      ip: '192.0.2.7',
      request_id: 'r-1',
    });
    expect(entries[2].new_values).toMatchObject({ email: 'guest@example.org', role: 'member' });
    expect(entries[4]).toMatchObject({ old_values: { is_active: true }, new_values: { is_active: false } });
    expect(entries[5]).toMatchObject({
      old_values: { user_id: all.member.id, role: 'viewer' },
      new_values: null,
    });
    const { rows } = await owner().query(
      `select a::text as entry from app_public.audit_logs a where a::text ~ 'cq[a-z]_[0-9a-f]{64}|cqk_[0-9a-f]{8}_|password_hash|token_hash|"token|[$]2[abxy][$]'`,
    );
    expect(rows).toEqual([]);
  });

  it('cuts columns out that may hold a secret', async () => {
    const { kept } = await one(
      `select app_private.without_secrets('{"name": "a", "token_hash": "b", "password": "c", "api_secret": "d", "reset_TOKEN": "e", "created_at": "f"}') as kept`,
    );
    expect(kept).toEqual({ name: 'a' });
    const { numbers } = await one(
      `select app_private.without_secrets('{"max_tokens": 1, "token_limit": 2, "monthly_token_quota": 3, "token_hint": "a", "token": "b"}') as numbers`,
    );
    expect(numbers).toEqual({ max_tokens: 1, token_limit: 2, monthly_token_quota: 3 });
  });

  it('holds the events of an account, for that person alone', async () => {
    const ann = await newcomer();
    const bob = await newcomer();
    const email = await emailOf(ann);
    const { token } = (await visit('select token from app_public.sign_in($1, $2)', email, PASSWORD))[0];
    await visit('select app_public.sign_in($1, $2)', email, 'not the password');
    await request(token, 'select app_public.sign_out()');
    const actions = async (user: TestUser) =>
      (
        await call(
          user,
          `select action from app_public.audit_logs where workspace_id is null and user_id = $1 order by id`,
          ann.id,
        )
      ).map((row) => row.action);
    expect(await actions(ann)).toEqual([
      'user.registered',
      'user.signed_in',
      'user.sign_in_failed',
      'user.signed_out',
    ]);
    expect(await actions(bob)).toEqual([]);
  });

  it('is read by owners and admins only', async () => {
    const all = await team();
    const seen = async (user: TestUser) =>
      (await call(user, 'select from app_public.audit_logs where workspace_id = $1', all.id)).length;
    expect(await seen(all.owner)).toBeGreaterThan(0);
    expect(await seen(all.admin)).toBe(await seen(all.owner));
    expect([await seen(all.member), await seen(all.viewer), await seen(await newcomer())]).toEqual([0, 0, 0]);
  });

  it('is changed by nobody, its owner included, and still moved to its month', async () => {
    for (const sql of [
      `update app_public.audit_logs set action = 'a.b'`,
      'delete from app_public.audit_logs',
      'truncate app_public.audit_logs',
    ])
      expect(await code(owner().query(sql)), sql).toBe('CQ117');
    // a month may have begun since the template was made
    await database.pool('worker').query('select app_hidden.ensure_partitions(3)');
    await owner().query(
      `insert into app_public.audit_logs (id, action, entity_type) values (app_hidden.uuidv7_at('2021-03-04T05:06:07Z'), 'test.happened', 'test')`,
    );
    const { rows } = await database.pool('worker').query('select * from app_hidden.ensure_partitions(3)');
    expect(rows).toEqual([{ parent: 'audit_logs', partition: 'audit_logs_2021_03', moved: '1' }]);
    expect(
      (await one(`select count(*)::int as n from app_public.audit_logs where action = 'test.happened'`)).n,
    ).toBe(1);
  });
});
