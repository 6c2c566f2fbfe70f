import { expect } from 'vitest';
import { asRole, asVisitor, PASSWORD, type TestUser } from '../../support/users.ts';
import { type Attacks, call, database, fails, lastToken, nobody, of, tenants } from './scene.ts';

/** Attacks on the functions of accounts, sessions and API keys. */
export const accounts: Attacks = {
  'app_public.change_password': async () => {
    const { rows } = await call(
      tenants.ann,
      `select app_public.change_password('not the password', 'another password') as changed`,
    );
    expect(rows).toEqual([{ changed: false }]);
    await nobody(`select app_public.change_password('a', 'another password')`);
  },
  'app_public.create_api_key': async () => {
    const { ann, bob } = tenants;
    expect(
      await fails(call({ ...ann, workspaceId: bob.workspaceId }, `select app_public.create_api_key('mine')`)),
    ).toMatchObject({ code: 'CQ107' });
    await nobody(`select app_public.create_api_key('mine')`);
  },
  'app_public.end_identity': async () => {
    const { ann, bob, owner } = tenants;
    // neither an owner of a workspace nor the person itself: an administrator of the installation
    for (const user of [ann, bob, owner])
      expect(await fails(call(user, 'select app_public.end_identity($1)', bob.id))).toMatchObject({
        code: 'CQ121',
      });
    await nobody(`select app_public.end_identity('${bob.id}')`);
  },
  'app_public.my_sessions': async () => {
    const { ann, bob } = tenants;
    const sessions = async (user: TestUser) =>
      (await call(user, 'select id from app_public.my_sessions()')).rows.map((row) => row.id);
    const [byAnn, byBob] = [await sessions(ann), await sessions(bob)];
    expect([byAnn.length, byBob.length]).toEqual([1, 1]);
    expect(byAnn).not.toEqual(byBob);
    await nobody('select app_public.my_sessions()');
  },
  'app_public.request_email_change': async () => {
    const { rows } = await call(
      tenants.ann,
      `select app_public.request_email_change('ann2@example.org', 'not the password') as requested`,
    );
    expect(rows).toEqual([{ requested: false }]);
    await nobody(`select app_public.request_email_change('a@example.org', 'a password')`);
  },
  'app_public.confirm_email_change': async () => {
    const { ann, bob } = tenants;
    await call(bob, `select app_public.request_email_change('bob2@example.org', '${PASSWORD}')`);
    const token = await lastToken('bob2@example.org');
    // of somebody else's token it says what it says of none
    const confirm = (value: string | null) => call(ann, 'select app_public.confirm_email_change($1)', value);
    const missing = await fails(confirm(null));
    expect(missing.code).toBe('CQ112');
    expect(await fails(confirm(token))).toEqual(missing);
    await nobody(`select app_public.confirm_email_change('${token}')`);
  },
  'app_public.request_email_verification': async () => {
    await nobody('select app_public.request_email_verification()');
  },
  'app_public.request_password_reset': async () => {
    const ask = async (email: string | null) =>
      (
        await asVisitor(database, (client) =>
          client.query('select app_public.request_password_reset($1) as accepted', [email]),
        )
      ).rows;
    const known = await ask('bob@example.org');
    expect(known).toEqual([{ accepted: true }]);
    for (const email of ['nobody@example.org', '', null, 'x'.repeat(10_000)])
      expect(await ask(email)).toEqual(known);
    // what was asked for is seen by nobody
    expect(
      await fails(asVisitor(database, (client) => client.query('select from app_private.account_requests'))),
    ).toMatchObject({ code: '42501' });
  },
  'app_public.reset_password': async () => {
    const reset = (token: string | null) =>
      asVisitor(database, (client) =>
        client.query(`select app_public.reset_password($1, 'another password')`, [token]),
      );
    for (const token of [null, '', `cqr_${'0'.repeat(64)}`, tenants.bob.token])
      expect(await fails(reset(token))).toMatchObject({ code: 'CQ112' });
  },
  'app_public.revoke_api_key': async () => {
    const { ann, bob, member, viewer, owner } = tenants;
    const revoke = (user: TestUser, id: string) => call(user, 'select app_public.revoke_api_key($1)', id);
    const missing = await fails(revoke(ann, '01890000-0000-7000-8000-000000000000'));
    expect(missing.code).toBe('CQ204');
    expect(await fails(revoke(ann, of(bob).apiKey))).toEqual(missing);
    expect(await fails(revoke(member, of(owner).apiKey))).toEqual(missing);
    expect(await fails(revoke(viewer, of(member).apiKey))).toEqual(missing);
    await nobody(`select app_public.revoke_api_key('${of(bob).apiKey}')`);
  },
  'app_public.revoke_other_sessions': async () => {
    await nobody('select app_public.revoke_other_sessions()');
  },
  'app_public.revoke_session': async () => {
    const { ann, bob } = tenants;
    const { rows } = await call(bob, 'select id from app_public.my_sessions()');
    const revoke = (id: string) => call(ann, 'select app_public.revoke_session($1)', id);
    const missing = await fails(revoke('01890000-0000-7000-8000-000000000000'));
    expect(missing.code).toBe('CQ204');
    expect(await fails(revoke(rows[0].id))).toEqual(missing);
    expect((await call(bob, 'select id from app_public.my_sessions()')).rows).toEqual(rows);
    await nobody(`select app_public.revoke_session('${rows[0].id}')`);
  },
  'app_public.verify_email': async () => {
    for (const token of [null, '', `cqv_${'0'.repeat(64)}`])
      expect(
        await fails(
          asVisitor(database, (client) => client.query('select app_public.verify_email($1)', [token])),
        ),
      ).toMatchObject({ code: 'CQ112' });
  },
  'app_public.current_user': async () => {
    const { rows } = await call(tenants.ann, 'select (app_public.current_user()).email');
    expect(rows).toEqual([{ email: 'ann@example.org' }]);
    const visitor = await asVisitor(database, (client) =>
      client.query('select * from app_public.current_user()'),
    );
    expect(visitor.rows.map((row) => row.id)).toEqual([null]);
  },
  'app_public.register': async () => {
    expect(
      await fails(
        asVisitor(database, (client) =>
          client.query(`select app_public.register('ANN@example.org', 'a long password')`),
        ),
      ),
    ).toMatchObject({ code: 'CQ104' });
    expect(
      await fails(
        asVisitor(database, (client) =>
          client.query(`select app_public.register('new@example.org', 'short')`),
        ),
      ),
    ).toMatchObject({ code: 'CQ105' });
  },
  'app_public.sign_in': async () => {
    const attempt = (email: string) =>
      asVisitor(database, (client) =>
        client.query(`select * from app_public.sign_in($1, 'not the password')`, [email]),
      );
    // null for both: who has an account is not told
    expect((await attempt('ann@example.org')).rows).toEqual((await attempt('nobody@example.org')).rows);
  },
  'app_public.sign_out': async () => {
    const { ann, bob } = tenants;
    const session = async (user: TestUser) =>
      (
        await database
          .pool('authenticator')
          .query('select session_id from app_hidden.authenticate($1)', [user.token])
      ).rows[0]?.session_id;
    const stolen = await session(bob);
    const out = await asRole(database, 'colloquy_user', { userId: ann.id, sessionId: stolen }, (client) =>
      client.query('select app_public.sign_out() as out'),
    );
    expect(out.rows).toEqual([{ out: false }]);
    expect(await session(bob)).toBe(stolen);
  },
};
