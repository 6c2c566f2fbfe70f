import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ErasureStore, type ListedErasure, readErasures } from '../../../operations/erasure/list.ts';
import { runErasures } from '../../../operations/erasure/run.ts';
import {
  call,
  code,
  database,
  endScene,
  one,
  owner,
  setScene,
  tenants,
  waits,
  worker,
} from '../../support/library.ts';
import { describeReal } from '../../support/server.ts';
import { createWorkspace, join } from '../../support/tenants.ts';
import { asRole, asVisitor, PASSWORD, registerUser, type TestUser, until } from '../../support/users.ts';

describeReal('somebody who deletes the own account', () => {
  let n = 0;
  const sql = async (text: string, ...values: unknown[]) => (await owner().query(text, values)).rows;

  beforeAll(setScene);
  afterAll(endScene);

  /** Somebody with a conversation, a key and a link, whose address is proved. */
  async function somebody(): Promise<TestUser & { email: string }> {
    n += 1;
    const email = `leaver${n}@example.org`;
    const user = await registerUser(database, email);
    await sql('update app_public.users set is_email_verified = true where id = $1', user.id);
    const { id } = await one(user, `select id from app_public.start_conversation('of leaver')`);
    await call(user, `select app_public.post_message($1, 'words of leaver')`, id);
    await call(user, `select app_public.create_api_key('key', '{read}')`);
    await call(user, 'select app_public.share_conversation($1)', id);
    return { ...user, email };
  }
  const leave = (user: TestUser & { email: string }) =>
    one(
      user,
      'select *, round(extract(epoch from erase_after - requested_at) / 86400)::int as wait from app_public.delete_my_account($1)',
      user.email,
    );
  const signIn = (user: { email: string }, password = PASSWORD) =>
    asVisitor(
      database,
      async (client) =>
        (await client.query('select * from app_public.sign_in($1, $2)', [user.email, password])).rows[0],
    );
  const state = async (user: TestUser) => {
    const [row] = await sql(
      `select u.is_active, (select count(*)::int from app_public.conversations c where c.owner_id = u.id) as talks,
         (select count(*)::int from app_private.user_sessions s where s.user_id = u.id) as sessions,
         (select count(*)::int from app_public.api_keys k where k.owner_id = u.id and k.is_active) as keys,
         (select count(*)::int from app_public.conversation_shares s where s.created_by = u.id and s.revoked_at is null) as links
       from app_public.users u where u.id = $1`,
      user.id,
    );
    return row;
  };
  const mails = async (user: { email: string }) =>
    (
      await sql(
        `select body from app_private.mail_outbox where recipient = $1 and body ~ 'Your account is' order by id`,
        user.email,
      )
    ).map(({ body }) => String(body).split('\n')[0]);
  const run = (stores: ErasureStore[] = []) => runErasures(worker(), { stores });
  /** Moves the moment of the wish into the past; a run has seen that the time is over, or not. */
  const wait = (user: TestUser, days: number, seen: string | null = '1 hour') =>
    sql(
      `update app_hidden.pending_erasures set requested_at = requested_at - $2::interval, erase_after = erase_after - $2::interval,
         seen_due_at = now() - $3::interval where user_id = $1`,
      user.id,
      `${days} days`,
      seen,
    );
  const grace = (days: number) =>
    sql(`update app_private.settings set value = $1 where name = 'account_grace_days'`, days);

  it('is off at once, loses nothing, and comes back by signing in', async () => {
    const user = await somebody();
    const before = await state(user);
    expect(before).toEqual({ is_active: true, talks: 1, sessions: 1, keys: 1, links: 1 });
    const left = await leave(user);
    expect(left).toMatchObject({ reason: 'own wish', finished_at: null, wait: 14 });
    const off = { is_active: false, talks: 1, sessions: 0, keys: 0, links: 0 };
    expect(await state(user)).toEqual(off);
    expect(await sql('select * from app_hidden.authenticate($1)', user.token)).toEqual([]);
    // nobody else has the address meanwhile, and no job takes anything
    await registerUser(database, user.email).catch(() => {});
    expect(await sql('select id from app_public.users where email = $1', user.email)).toEqual([
      { id: user.id },
    ]);
    expect(await run()).toMatchObject({ finished: 0, rows: {}, isWaiting: false });
    expect(await state(user)).toEqual(off);

    expect(await signIn(user, 'not the password')).toMatchObject({ token: null });
    expect((await state(user)).is_active).toBe(false);
    const { token } = await signIn(user);
    expect(await sql('select user_id from app_hidden.authenticate($1)', token)).toEqual([
      { user_id: user.id },
    ]);
    // what had ended stays ended
    expect(await state(user)).toEqual({ ...off, is_active: true, sessions: 1 });
    expect(await sql('select from app_hidden.pending_erasures where user_id = $1', user.id)).toEqual([]);
    await wait(user, 20);
    expect(await run()).toMatchObject({ finished: 0 });
    expect(await mails(user)).toEqual([
      expect.stringMatching(/^Your account is off, and will be erased after \d{4}-/),
      expect.stringMatching(/^Your account is on again/),
    ]);
    const log = await sql(
      `select action from app_public.audit_logs where user_id = $1 and action in ('account.leaving', 'account.returned') order by id`,
      user.id,
    );
    expect(log.map(({ action }) => action)).toEqual(['account.leaving', 'account.returned']);
  });

  it('is erased when the time is over, and known outside of the database from then on', async () => {
    const user = await somebody();
    const { id } = await leave(user);
    const kept: ListedErasure[] = [];
    const store: ErasureStore = {
      description: 'kept',
      write: async (erasure) => void kept.push(erasure),
      read: async () => kept,
      names: async () => kept.map(({ id: one, number }) => `${one}${number === null ? '' : '.done'}.json`),
    };
    await wait(user, 13, null);
    expect(await run([store])).toMatchObject({ finished: 0 });
    // a copy that is restored meanwhile must not erase somebody who came back
    expect((await readErasures(worker())).filter((one) => one.id === id)).toEqual([]);
    await wait(user, 1.5);
    expect(await run([store])).toMatchObject({ finished: 1 });
    expect(kept.filter((one) => one.id === id).map(({ number }) => number === null)).toEqual([true, false]);
    expect(await state(user)).toBeUndefined();
    expect(await signIn(user)).toMatchObject({ token: null });
    const [certificate] = await sql(
      'select reason, requested_at, finished_at from app_hidden.erasures where id = $1',
      id,
    );
    expect(certificate.reason).toBe('own wish');
    expect(certificate.finished_at - certificate.requested_at).toBeGreaterThan(14 * 86_400_000);
  });

  it('is not erased by a clock that jumped for a moment: a second run has to see it', async () => {
    const user = await somebody();
    await leave(user);
    // the clock is 15 days ahead, a run looks, and it is right again
    await wait(user, 15, null);
    expect(await run()).toMatchObject({ finished: 0 });
    await wait(user, -15);
    await sql(
      `update app_hidden.pending_erasures set seen_due_at = now() + interval '15 days' where user_id = $1`,
      user.id,
    );
    expect(await run()).toMatchObject({ finished: 0 });
    // when the time is really over, what the jump noted does not count
    await sql(`update app_hidden.pending_erasures set erase_after = now() where user_id = $1`, user.id);
    expect(await run()).toMatchObject({ finished: 0 });
    expect((await state(user)).talks).toBe(1);
    await wait(user, 0, '29 minutes');
    expect(await run()).toMatchObject({ finished: 0 });
    await wait(user, 0, '31 minutes');
    expect(await run()).toMatchObject({ finished: 1 });
  });

  it('comes back until the erasure begins, and with a second factor only by both', async () => {
    const user = await somebody();
    await leave(user);
    await wait(user, 20);
    // while it is being begun nobody waits for it, and nobody comes back
    const client = await owner().connect();
    try {
      await client.query('begin');
      await client.query('select from app_hidden.pending_erasures where user_id = $1 for update', [user.id]);
      expect(await code(signIn(user))).toBe('CQ108');
      await client.query('commit');
    } finally {
      client.release();
    }
    await sql(
      `insert into app_private.second_factors (user_id, secret, confirmed_at) values ($1, decode(repeat('ab', 20), 'hex'), now())`,
      user.id,
    );
    const challenge = await signIn(user);
    expect(challenge).toMatchObject({ token: null, challenge: expect.any(String) });
    expect((await state(user)).is_active).toBe(false);
    const [{ code: right }] = await sql(
      `select app_private.totp_code(decode(repeat('ab', 20), 'hex'), floor(extract(epoch from now()) / 30)::bigint) as code`,
    );
    const confirmed = await asVisitor(
      database,
      async (visitor) =>
        (
          await visitor.query('select * from app_public.confirm_sign_in($1, $2)', [
            challenge.challenge,
            right,
          ])
        ).rows[0],
    );
    expect(confirmed.token).toEqual(expect.any(String));
    expect((await state(user)).is_active).toBe(true);
    // somebody who signs in while a run is at it: the run leaves that one alone
    await sql('delete from app_private.second_factors where user_id = $1', user.id);
    await leave(user);
    await wait(user, 20);
    const visitor = await owner().connect();
    try {
      await visitor.query('begin');
      await visitor.query('select app_private.return_account($1)', [user.id]);
      expect(await run()).toMatchObject({ finished: 0 });
      await visitor.query('commit');
    } finally {
      visitor.release();
    }
    expect((await state(user)).is_active).toBe(true);
  });

  it('comes back by a new sign-in at an identity provider, not by a token from before', async () => {
    const enter = (signedInAt: Date) =>
      database.pool('authenticator').query(
        `select user_id, workspace from app_hidden.authenticate_identity('https://id.example.org', 'sub', 'idp@example.org', true,
             signed_in_at => $1, issued_at => $1)`,
        [signedInAt],
      );
    const { rows } = await enter(new Date());
    const claims = { userId: rows[0].user_id, workspaceId: rows[0].workspace, memberRole: 'owner' };
    await asRole(database, 'colloquy_user', claims, (client) =>
      client.query(`select app_public.delete_my_account('idp@example.org')`),
    );
    expect(await code(enter(new Date(Date.now() - 60_000)))).toBe('CQ108');
    expect((await enter(new Date(Date.now() + 1000))).rows).toEqual(rows);
  });

  it('gets a new password by mail, and comes back with it', async () => {
    const user = await somebody();
    await leave(user);
    await sql('select app_private.answer_reset($1)', user.email);
    const [{ token }] = await sql(
      `select data ->> 'token' as token from app_private.mail_outbox where recipient = $1 and data ? 'token' order by id desc limit 1`,
      user.email,
    );
    await asVisitor(database, (client) =>
      client.query('select app_public.reset_password($1, $2)', [token, 'an entirely new one']),
    );
    expect((await state(user)).is_active).toBe(false);
    expect((await signIn(user, 'an entirely new one')).token).toEqual(expect.any(String));
  });

  it('waits for what keeps it when the time is over; administrators see it, the doctor tells', async () => {
    const user = await somebody();
    const team = await createWorkspace(database, 'Team of a leaver');
    const other = await join(database, await registerUser(database, `stays${n}@example.org`), team, 'owner');
    await join(database, user, team, 'owner');
    const { id } = await leave(user);
    await wait(user, 20);
    const faults = async () =>
      (
        await database
          .pool('monitor')
          .query('select fault from app_hidden.erasure_faults() where subject = $1', [`erasure ${id}`])
      ).rows;
    expect(await faults()).toEqual([
      { fault: expect.stringMatching(/it has not ended since|its time of grace/) },
    ]);
    // a hold that was placed meanwhile; then the other owner has gone
    const hold = await one(other, `select id from app_public.place_legal_hold('a case')`);
    const held = async () => Object.values((await run()).held)[0];
    expect(await held()).toMatch(/^A legal hold keeps what this person has\. .*a case/);
    const [seen] = await sql(
      `select held_by, erase_after < now() as is_over from app_public.account_erasures() where id = $1`,
      id,
    );
    expect(seen).toEqual({ held_by: expect.stringContaining('a case'), is_over: true });
    await one(other, 'select id from app_public.release_legal_hold($1)', hold.id);
    await sql(
      `update app_public.workspace_members set role = 'member' where user_id = $1 and workspace_id = $2`,
      other.id,
      team,
    );
    expect(await held()).toMatch(/^This account is the only owner of: Team of a leaver/);
    expect(await state(user)).toMatchObject({ is_active: false, talks: 1 });
    await sql(
      `update app_public.workspace_members set role = 'owner' where user_id = $1 and workspace_id = $2`,
      other.id,
      team,
    );
    expect(await run()).toMatchObject({ finished: 1, held: {} });
    expect(await faults()).toEqual([]);
  });

  it('is what an administrator decides: kept, kept out, or erased at once', async () => {
    const users = [await somebody(), await somebody(), await somebody()] as const;
    for (const user of users) await leave(user);
    const [kept, out, erased] = users;
    await sql(`update app_public.users set role = 'admin' where id = $1`, tenants.owner.id);
    await sql('select app_public.set_account_active($1, true)', kept.id);
    expect(await state(kept)).toMatchObject({ is_active: true, talks: 1 });
    await sql('select app_public.set_account_active($1, false)', out.id);
    expect(await code(signIn(out))).toBe('CQ108');
    const [{ id, erase_after }] = await sql(
      `select * from app_public.erase_user($1, 'asked on the phone')`,
      erased.id,
    );
    expect(erase_after).not.toBeNull();
    expect(await run()).toMatchObject({ finished: 1 });
    expect(await sql('select reason from app_hidden.erasures where id = $1', id)).toEqual([
      { reason: 'asked on the phone' },
    ]);
    await wait(kept, 20);
    await wait(out, 20);
    expect(await run()).toMatchObject({ finished: 1 });
    expect([await state(kept), await state(out)]).toEqual([expect.objectContaining({ talks: 1 }), undefined]);
  });

  it('of an address that nothing waits for goes at once', async () => {
    await grace(0);
    const user = await somebody();
    expect(await leave(user)).toMatchObject({ erase_after: null });
    expect(await signIn(user)).toMatchObject({ token: null });
    expect(await run()).toMatchObject({ finished: 1 });
    expect(await state(user)).toBeUndefined();
    await grace(14);
  });

  it('of two wishes at once one counts', async () => {
    const user = await somebody();
    const client = await owner().connect();
    try {
      await client.query('begin');
      await client.query(`select app_private.begin_erasure($1, 'own wish', grace => interval '3 days')`, [
        user.id,
      ]);
      const second = leave(user);
      await waits();
      await client.query('commit');
      expect((await second).wait).toEqual(3);
    } finally {
      client.release();
    }
    await until(
      async () =>
        (await sql('select from app_hidden.pending_erasures where user_id = $1', user.id)).length === 1,
    );
  });
});
