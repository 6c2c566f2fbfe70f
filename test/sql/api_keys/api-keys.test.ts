import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  authenticate,
  call,
  code,
  database,
  endScene,
  NOWHERE,
  newcomer,
  one,
  owner,
  request,
  setScene,
  team,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { join } from '../../support/tenants.ts';
import { asUser, PASSWORD, type TestUser } from '../../support/users.ts';

describeReal('API keys', () => {
  let keys = 0;
  beforeAll(setScene);
  afterAll(endScene);

  const create = async (user: TestUser, scopes: string[], expires: Date | null = null) =>
    (
      await call(
        user,
        'select * from app_public.create_api_key($1, $2, $3)',
        `key ${++keys}`,
        scopes,
        expires,
      )
    )[0];

  it('are shown once, and stored as a hash', async () => {
    const ann = await newcomer();
    const key = await create(ann, ['write']);
    expect(key.secret).toMatch(/^cqk_[0-9a-f]{8}_[0-9a-f]{64}$/);
    expect(key).toMatchObject({ prefix: key.secret.slice(0, 12), scopes: ['read', 'write'] });
    const [listed] = await call(ann, 'select * from app_public.api_keys where id = $1', key.api_key_id);
    expect(JSON.stringify(listed)).not.toContain(key.secret.slice(13));
    expect(await authenticate(key.secret)).toEqual({
      user_id: ann.id,
      session_id: null,
      workspace: ann.workspaceId,
      member_role: 'owner',
      database_role: 'colloquy_user',
      scopes: ['read', 'write'],
      api_key_id: key.api_key_id,
    });
    const used = async () =>
      (await one('select last_used_at from app_public.api_keys where id = $1', key.api_key_id)).last_used_at;
    const first = await used();
    expect(first).toBeInstanceOf(Date);
    await authenticate(key.secret);
    expect(await used()).toEqual(first);
  });

  it('are refused when they are malformed, unknown, or asked for what cannot be', async () => {
    const ann = await newcomer();
    const { secret } = await create(ann, ['read']);
    for (const token of [secret.toUpperCase(), `${secret}0`, secret.slice(0, -1), `${secret.slice(0, -1)}g`])
      expect(await authenticate(token)).toBeUndefined();
    expect(await authenticate(`cqk_00000000_${'0'.repeat(64)}`)).toBeUndefined();
    expect(await code(create(ann, []))).toBe('CQ200');
    expect(await code(create(ann, ['everything']))).toBe('CQ200');
    expect(await code(create(ann, ['read'], new Date(0)))).toBe('CQ200');
    expect(await code(call(ann, `select app_public.create_api_key(' ')`))).toBe('CQ200');
  });

  it('are at most 100 of a person in a workspace (CQ118)', async () => {
    const all = await team();
    const keys = await asUser(database, all.member, async (client) => {
      const { rows } = await client.query(
        `select k.api_key_id from generate_series(1, 100) as n
         cross join lateral app_public.create_api_key('key ' || n) as k`,
      );
      return rows;
    });
    expect(await code(create(all.member, ['read']))).toBe('CQ118');
    // those of others, and elsewhere, are not counted, nor is one that was revoked
    expect(await code(create(all.viewer, ['read']))).toBe('allowed');
    await call(all.member, 'select app_public.revoke_api_key($1)', keys[0].api_key_id);
    expect(await code(create(all.member, ['read']))).toBe('allowed');
    expect(await code(create(all.member, ['read']))).toBe('CQ118');
  });

  it('stop with the next request: revoked, expired, switched off, or no longer a member', async () => {
    const all = await team();
    const keys = [];
    for (let n = 0; n < 3; n++) keys.push(await create(all.member, ['read']));
    for (const { secret } of keys) expect(await authenticate(secret)).toBeDefined();
    const revoke = (by: TestUser, id: string) => code(call(by, 'select app_public.revoke_api_key($1)', id));
    expect(await revoke(all.viewer, keys[0].api_key_id)).toBe('CQ204');
    expect(await revoke(all.admin, keys[0].api_key_id)).toBe('allowed');
    expect(await authenticate(keys[0].secret)).toBeUndefined();
    await owner().query('update app_public.api_keys set expires_at = now() where id = $1', [
      keys[1].api_key_id,
    ]);
    expect(await authenticate(keys[1].secret)).toBeUndefined();
    const active = (is: boolean) =>
      owner().query('update app_public.users set is_active = $1 where id = $2', [is, all.member.id]);
    await active(false);
    expect(await authenticate(keys[2].secret)).toBeUndefined();
    await active(true);
    expect(await authenticate(keys[2].secret)).toBeDefined();
    await call(all.owner, 'select app_public.remove_member($1)', all.member.id);
    expect(await authenticate(keys[2].secret)).toBeUndefined();
    await join(database, all.member, all.id, 'member');
    expect(await authenticate(keys[2].secret)).toBeUndefined();
  });

  it('live as long as the workspace says, also those that it has already', async () => {
    const all = await team();
    const rules = (by: TestUser, days: number | null) =>
      call(by, 'select app_public.set_workspace_rules(longest_api_key_days => $1)', days);
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
    const old = await create(all.member, ['read']);
    expect(old.expires_at).toBeNull();
    // made twenty days ago
    await owner().query(
      `with made as (
         insert into app_public.api_keys (id, workspace_id, owner_id, name, prefix, scopes)
         select app_hidden.uuidv7_at(now() - interval '20 days'), workspace_id, owner_id, name, prefix, scopes
         from app_public.api_keys where id = $1 returning id)
       update app_private.api_key_secrets s set api_key_id = made.id from made where s.api_key_id = $1`,
      [old.api_key_id],
    );
    expect(await authenticate(old.secret)).toBeDefined();
    expect(await code(rules(all.member, 10))).toBe('CQ114');
    await rules(all.owner, 10);
    expect(await authenticate(old.secret)).toBeUndefined();
    const fresh = await create(all.member, ['read']);
    expect(Math.round((fresh.expires_at - Date.now()) / 86_400_000)).toBe(10);
    expect(await code(create(all.member, ['read'], inDays(11)))).toBe('CQ123');
    expect(await code(create(all.member, ['read'], inDays(9)))).toBe('allowed');
    await rules(all.owner, 30);
    expect(await authenticate(old.secret)).toBeDefined();
    await rules(all.owner, 0);
    expect((await create(all.member, ['read'])).expires_at).toBeNull();
  });

  it('work in one workspace and know no other', async () => {
    const all = await team();
    const { secret } = await create(all.member, ['read', 'write', 'admin']);
    expect(await authenticate(secret, all.id)).toMatchObject({ workspace: all.id });
    const { workspace: personal } = await authenticate(all.member.token);
    expect(personal).not.toBe(all.id);
    expect(await code(authenticate(secret, personal))).toBe('CQ107');
    expect(await request(secret, 'select id from app_public.workspaces')).toEqual([{ id: all.id }]);
  });

  it('do what their scopes say', async () => {
    const all = await team();
    const [document] = await call(all.owner, `select id from app_public.create_document('Zebra', 'stripes')`);
    const [read, write, search, admin] = [
      await create(all.owner, ['read']),
      await create(all.owner, ['write']),
      await create(all.owner, ['search']),
      await create(all.owner, ['admin']),
    ].map((key) => key.secret as string) as [string, string, string, string];
    const cases: [string, Record<string, string>][] = [
      [
        'select app_public.start_conversation()',
        { read: 'CQ110', write: 'allowed', search: 'CQ110', admin: 'CQ110' },
      ],
      [
        `insert into app_public.documents (workspace_id, owner_id, title, content) values ('${all.id}', '${all.owner.id}', 'a', 'b')`,
        { read: '42501', write: 'allowed', search: '42501', admin: '42501' },
      ],
      [
        `select app_public.search('zebra')`,
        { read: 'allowed', write: 'allowed', search: 'allowed', admin: 'allowed' },
      ],
      [
        'select app_public.workspace_member_names()',
        { read: 'allowed', write: 'allowed', search: 'CQ110', admin: 'allowed' },
      ],
      [
        `select app_public.rename_workspace('Renamed')`,
        { read: 'CQ110', write: 'CQ110', search: 'CQ110', admin: 'allowed' },
      ],
    ];
    const secrets: Record<string, string> = { read, write, search, admin };
    for (const [sql, expected] of cases) {
      for (const [scope, secret] of Object.entries(secrets))
        expect(await code(request(secret, sql)), `${sql} with ${scope}`).toBe(expected[scope]);
    }
    const count = async (secret: string, table: string) =>
      (await request(secret, `select from app_public.${table}`)).length;
    expect(await count(read, 'documents')).toBe(2);
    for (const table of ['documents', 'workspaces', 'workspace_members', 'api_keys', 'audit_logs'])
      expect(await count(search, table), table).toBe(0);
    expect(await count(read, 'audit_logs')).toBe(0);
    expect(await count(admin, 'audit_logs')).toBeGreaterThan(0);
    expect(
      await request(
        read,
        'update app_public.documents set title = title where id = $1 returning id',
        document.id,
      ),
    ).toEqual([]);
  });

  it('change nothing of the account, whatever their scopes', async () => {
    const ann = await newcomer();
    const key = await create(ann, ['read', 'write', 'search', 'admin']);
    for (const sql of [
      `select app_public.create_api_key('another')`,
      `select app_public.revoke_api_key('${key.api_key_id}')`,
      `select app_public.change_password('${PASSWORD}', 'a new password')`,
      'select app_public.my_sessions()',
      'select app_public.revoke_other_sessions()',
      `select app_public.revoke_session('${NOWHERE}')`,
      'select app_public.request_email_verification()',
      `select app_public.create_workspace('x')`,
      `select app_public.accept_invitation('x')`,
      'select app_public.leave_workspace()',
      `select app_public.transfer_ownership('${ann.id}')`,
    ])
      expect(await code(request(key.secret, sql)), sql).toBe('CQ110');
    expect(await request(key.secret, `update app_public.users set display_name = 'x' returning id`)).toEqual(
      [],
    );
    expect(await request(key.secret, 'select app_public.sign_out() as out')).toEqual([{ out: false }]);
  });

  it('make an administrator of the installation only with the scope for it', async () => {
    const ann = await newcomer();
    await owner().query(`update app_public.users set role = 'admin' where id = $1`, [ann.id]);
    const role = async (scope: string) =>
      (await authenticate((await create(ann, [scope])).secret)).database_role;
    expect([await role('write'), await role('admin')]).toEqual(['colloquy_user', 'colloquy_admin']);
  });
});
