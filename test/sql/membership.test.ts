import pg, { type QueryResult } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliverMail } from '../../jobs/deliver-mail.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { log } from '../../lib/log.ts';
import type { Mail } from '../../lib/mailer.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { createWorkspace, join } from '../support/tenants.ts';
import { asRole, asUser, asVisitor, PASSWORD, registerUser, type TestUser, until } from '../support/users.ts';

const NOWHERE = '01890000-0000-7000-8000-000000000000';

describeReal('membership', () => {
  let database: Database;
  let count = 0;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await database?.close();
  });

  const owner = () => database.pool('owner');
  const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
  const newcomer = (name = 'user') => registerUser(database, `${name}${++count}@example.org`);
  const emailOf = async (user: TestUser): Promise<string> =>
    (await one('select email from app_public.users where id = $1', user.id)).email;
  const call = async (user: TestUser, sql: string, ...values: unknown[]): Promise<QueryResult['rows']> =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows;
  const visit = async (sql: string, ...values: unknown[]): Promise<QueryResult['rows']> =>
    (await asVisitor(database, (client) => client.query(sql, values))).rows;
  const code = (work: Promise<unknown>): Promise<string | undefined> =>
    work.then(
      () => 'allowed',
      (error) => errorCode(error),
    );
  const authenticate = async (token: string, workspace: string | null = null) =>
    (
      await database
        .pool('authenticator')
        .query('select * from app_hidden.authenticate($1, $2)', [token, workspace])
    ).rows[0];
  /** Runs one statement as the API runs a request with a token. */
  const request = async (token: string, sql: string, ...values: unknown[]): Promise<QueryResult['rows']> => {
    const claims = await authenticate(token);
    if (!claims) throw new Error('refused');
    return asRole(
      database,
      claims.database_role,
      {
        userId: claims.user_id,
        workspaceId: claims.workspace,
        memberRole: claims.member_role,
        sessionId: claims.session_id,
        scopes: claims.scopes?.join(','),
      },
      async (client) => (await client.query(sql, values)).rows,
    );
  };
  const lastToken = async (recipient: string): Promise<string> => {
    const mail = await one(
      'select body from app_private.mail_outbox where recipient = $1 order by id desc limit 1',
      recipient,
    );
    return /Token: (\S+)/.exec(mail.body)![1]!;
  };
  const audit = async (workspaceId: string) =>
    (
      await owner().query('select * from app_public.audit_logs where workspace_id = $1 order by id', [
        workspaceId,
      ])
    ).rows;

  /** A shared workspace with somebody of each role. */
  async function team() {
    const id = await createWorkspace(database, `Team ${++count}`);
    return {
      id,
      owner: await join(database, await newcomer('owner'), id, 'owner'),
      admin: await join(database, await newcomer('admin'), id, 'admin'),
      member: await join(database, await newcomer('member'), id, 'member'),
      viewer: await join(database, await newcomer('viewer'), id, 'viewer'),
    };
  }
  const roleOf = async (workspace: string, user: TestUser) =>
    (
      await one(
        'select role from app_public.workspace_members where workspace_id = $1 and user_id = $2',
        workspace,
        user.id,
      )
    )?.role;

  /** The same statement by two requests at once: the second begins while the first holds what it locked. */
  async function race(
    first: [TestUser | undefined, string, unknown[]],
    second: [TestUser | undefined, string, unknown[]],
  ): Promise<(string | undefined)[]> {
    const clients = [first, second].map(
      () => new pg.Client({ connectionString: database.url('authenticator') }),
    );
    const begin = async (client: pg.Client, user: TestUser | undefined) => {
      await client.connect();
      await client.query('begin');
      await client.query(
        `select set_config('role', $1, true), set_config('colloquy.user_id', $2, true),
           set_config('colloquy.workspace_id', $3, true), set_config('colloquy.member_role', $4, true)`,
        [
          user ? 'colloquy_user' : 'colloquy_visitor',
          user?.id ?? '',
          user?.workspaceId ?? '',
          user?.memberRole ?? '',
        ],
      );
    };
    const [a, b] = clients as [pg.Client, pg.Client];
    try {
      await begin(a, first[0]);
      await begin(b, second[0]);
      const { rows } = await b.query('select pg_backend_pid() as pid');
      await a.query(first[1], first[2]);
      const other = code(b.query(second[1], second[2]).then(() => b.query('commit')));
      await until(
        async () =>
          (await one('select cardinality(pg_blocking_pids($1)) > 0 as waits', rows[0].pid)).waits === true,
      );
      return [await code(a.query('commit')), await other];
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  }

  describe('passwords', () => {
    const signIn = async (email: string, password: string) =>
      (await visit('select token from app_public.sign_in($1, $2)', email, password))[0]?.token;

    it('are changed with the old one, which ends the other sessions and not this one', async () => {
      const ann = await newcomer();
      const email = await emailOf(ann);
      const other = await signIn(email, PASSWORD);
      const change = (old: string, fresh: string) =>
        request(ann.token, 'select app_public.change_password($1, $2) as changed', old, fresh);
      expect(await change('not the password', 'a new password')).toEqual([{ changed: false }]);
      expect(
        (await one('select failed_attempts from app_private.user_secrets where user_id = $1', ann.id))
          .failed_attempts,
      ).toBe(1);
      expect(await code(change(PASSWORD, 'short'))).toBe('CQ105');
      expect(await authenticate(other)).toBeDefined();
      expect(await change(PASSWORD, 'a new password')).toEqual([{ changed: true }]);
      expect(await authenticate(other)).toBeUndefined();
      expect(await authenticate(ann.token)).toBeDefined();
      expect(await signIn(email, PASSWORD)).toBeNull();
      expect(await signIn(email, 'a new password')).toMatch(/^cqs_/);
    });

    it('are guessed no more often here than at the door', async () => {
      const ann = await newcomer();
      const guess = () => call(ann, `select app_public.change_password('guess', 'a new password')`);
      for (let attempt = 1; attempt <= 5; attempt++) expect(await code(guess())).toBe('allowed');
      expect(await code(guess())).toBe('CQ103');
      expect(await code(visit('select app_public.sign_in($1, $2)', await emailOf(ann), PASSWORD))).toBe(
        'CQ103',
      );
    });

    it('are guessed after a pause that doubles with each guess, up to an hour', async () => {
      const ann = await newcomer();
      const lockAfter = async (failures: number) => {
        await owner().query(
          'update app_private.user_secrets set failed_attempts = $2, locked_until = null where user_id = $1',
          [ann.id, failures],
        );
        await visit('select app_public.sign_in($1, $2)', await emailOf(ann), 'a guess');
        const { seconds } = await one(
          `select extract(epoch from locked_until - clock_timestamp())::float as seconds
           from app_private.user_secrets where user_id = $1`,
          ann.id,
        );
        return seconds;
      };
      const first = await lockAfter(4);
      expect(await lockAfter(3)).toBeNull();
      const close = (seconds: number, expected: number) => {
        expect(seconds).toBeLessThanOrEqual(expected);
        expect(seconds).toBeGreaterThan(expected - 10);
      };
      const { least } = await one(`select app_hidden.setting('sign_in_lock_seconds')::int as least`);
      close(first, least);
      close(await lockAfter(5), 2 * least);
      close(await lockAfter(7), 8 * least);
      for (const failures of [15, 30, 10_000]) close(await lockAfter(failures), 3_600);
    });

    it('are reset once by a token from a mail, which ends all sessions', async () => {
      const ann = await newcomer();
      const email = await emailOf(ann);
      const mails = async () =>
        (await one('select count(*)::int as n from app_private.mail_outbox where recipient = $1', email)).n;
      const ask = () =>
        visit('select app_public.request_password_reset($1) as accepted', email.toUpperCase());
      expect(await ask()).toEqual([{ accepted: true }]);
      // at most one a minute, with the same answer
      expect(await ask()).toEqual([{ accepted: true }]);
      expect(await mails()).toBe(1);
      const token = await lastToken(email);
      const reset = (password: string) => visit('select app_public.reset_password($1, $2)', token, password);
      expect(await code(reset('short'))).toBe('CQ105');
      expect(await code(reset('a new password'))).toBe('allowed');
      expect(await code(reset('another password'))).toBe('CQ112');
      expect(await authenticate(ann.token)).toBeUndefined();
      expect(await signIn(email, 'a new password')).toMatch(/^cqs_/);
      expect(
        (await one('select is_email_verified from app_public.users where id = $1', ann.id)).is_email_verified,
      ).toBe(true);
    });

    it('are reset with the end of every key, whoever made it and wherever, verified or not', async () => {
      const [stranger, colleague] = [await newcomer(), await newcomer()];
      const email = await emailOf(stranger);
      const team = await createWorkspace(database, 'Resetting');
      const inTeam = await join(database, stranger, team, 'member');
      await join(database, colleague, team, 'owner');
      const makeKey = async (user: TestUser) =>
        (await call(user, `select * from app_public.create_api_key('robot')`))[0];
      const state = (id: string) => one('select is_active from app_public.api_keys where id = $1', id);
      const reset = async () => {
        await owner().query(
          'update app_private.user_secrets set reset_expires_at = null where user_id = $1',
          [stranger.id],
        );
        await visit('select app_public.request_password_reset($1)', email);
        await visit(`select app_public.reset_password($1, 'a new password')`, await lastToken(email));
      };
      // a stranger registered with an address of somebody else, who takes it back
      const keys = [await makeKey(stranger), await makeKey(inTeam)];
      const others = await makeKey({ ...colleague, workspaceId: team, memberRole: 'owner' });
      for (const { secret } of [...keys, others]) expect(await authenticate(secret)).toBeDefined();
      await reset();
      for (const { secret, api_key_id: id } of keys) {
        expect(await authenticate(secret)).toBeUndefined();
        expect(await state(id)).toEqual({ is_active: false });
        expect(
          await one('select from app_private.api_key_secrets where api_key_id = $1', id),
        ).toBeUndefined();
        // and it is on record in the workspace of the key
        expect(
          await one(
            `select old_values ->> 'is_active' as before, new_values ->> 'is_active' as after from app_public.audit_logs
             where entity_type = 'api_key' and entity_id = $1 order by id desc limit 1`,
            id,
          ),
        ).toEqual({ before: 'true', after: 'false' });
      }
      expect(await authenticate(others.secret)).toBeDefined();
      // of an account that is verified by now as well
      const later = await makeKey(stranger);
      expect(await authenticate(later.secret)).toBeDefined();
      await reset();
      expect(await authenticate(later.secret)).toBeUndefined();
      // who knows the password and changes it keeps the keys
      const kept = await makeKey(stranger);
      expect(
        await call(
          stranger,
          `select app_public.change_password('a new password', 'a newer password') as changed`,
        ),
      ).toEqual([{ changed: true }]);
      expect(await authenticate(kept.secret)).toBeDefined();
    });

    it('are not reset by a token that expired, nor for an account that is switched off', async () => {
      const ann = await newcomer();
      const email = await emailOf(ann);
      await visit('select app_public.request_password_reset($1)', email);
      const token = await lastToken(email);
      await owner().query(
        'update app_private.user_secrets set reset_expires_at = clock_timestamp() where user_id = $1',
        [ann.id],
      );
      const reset = () => visit(`select app_public.reset_password($1, 'a new password')`, token);
      expect(await code(reset())).toBe('CQ112');
      await owner().query(
        `update app_private.user_secrets set reset_expires_at = clock_timestamp() + interval '1 hour' where user_id = $1`,
        [ann.id],
      );
      await owner().query('update app_public.users set is_active = false where id = $1', [ann.id]);
      expect(await code(reset())).toBe('CQ112');
    });

    it('of two resets with one token at once, one takes effect', async () => {
      const ann = await newcomer();
      const email = await emailOf(ann);
      await visit('select app_public.request_password_reset($1)', email);
      const token = await lastToken(email);
      const sql = 'select app_public.reset_password($1, $2)';
      expect(
        await race(
          [undefined, sql, [token, 'the first password']],
          [undefined, sql, [token, 'the second one']],
        ),
      ).toEqual(['allowed', 'CQ112']);
      expect(await signIn(email, 'the first password')).toMatch(/^cqs_/);
      expect(await signIn(email, 'the second one')).toBeNull();
    });
  });

  describe('addresses', () => {
    it('are verified once, by the token of the mail', async () => {
      const ann = await newcomer();
      const ask = () => call(ann, 'select app_public.request_email_verification() as requested');
      expect(await ask()).toEqual([{ requested: true }]);
      const token = await lastToken(await emailOf(ann));
      const verify = () => visit('select app_public.verify_email($1)', token);
      await owner().query(
        'update app_private.user_secrets set verification_expires_at = clock_timestamp() where user_id = $1',
        [ann.id],
      );
      expect(await code(verify())).toBe('CQ112');
      await owner().query(
        `update app_private.user_secrets set verification_expires_at = clock_timestamp() + interval '1 hour' where user_id = $1`,
        [ann.id],
      );
      expect(await code(verify())).toBe('allowed');
      expect(await code(verify())).toBe('CQ112');
      expect(await ask()).toEqual([{ requested: false }]);
    });
  });

  describe('sessions', () => {
    it('are listed, and end one by one or all but this', async () => {
      const ann = await newcomer();
      const email = await emailOf(ann);
      const others: string[] = [];
      for (let n = 0; n < 3; n++)
        others.push((await visit('select token from app_public.sign_in($1, $2)', email, PASSWORD))[0].token);
      const sessions = () =>
        request(ann.token, 'select id, is_current from app_public.my_sessions() order by id');
      const listed = await sessions();
      expect(listed.map((row) => row.is_current)).toEqual([true, false, false, false]);
      const revoke = (id: string) => request(ann.token, 'select id from app_public.revoke_session($1)', id);
      expect(await revoke(listed[1].id)).toEqual([{ id: listed[1].id }]);
      expect(await authenticate(others[0]!)).toBeUndefined();
      expect(await code(revoke(listed[1].id))).toBe('CQ204');
      expect(await request(ann.token, 'select app_public.revoke_other_sessions() as ended')).toEqual([
        { ended: 2 },
      ]);
      expect(await authenticate(others[2]!)).toBeUndefined();
      expect(await sessions()).toEqual([listed[0]]);
    });
  });

  describe('members', () => {
    it('see each other by name, handle and picture only', async () => {
      const { member, viewer } = await team();
      await call(
        member,
        `update app_public.users set display_name = 'Mia', username = 'mia', first_name = 'Maria' where id = $1`,
        member.id,
      );
      const rows = await call(viewer, 'select * from app_public.workspace_member_names()');
      expect(rows.map((row) => row.role)).toEqual(['owner', 'admin', 'member', 'viewer']);
      expect(rows[2]).toEqual({
        user_id: member.id,
        username: 'mia',
        display_name: 'Mia',
        avatar_url: null,
        role: 'member',
        joined_at: expect.any(Date),
      });
      expect(await call(viewer, 'select id from app_public.users')).toEqual([{ id: viewer.id }]);
    });

    it('get and lose roles by rank: an admin manages members and viewers, an owner everybody', async () => {
      const all = await team();
      const change = (by: TestUser, user: TestUser, role: string) =>
        code(call(by, 'select app_public.change_member_role($1, $2)', user.id, role));
      expect(await change(all.admin, all.member, 'viewer')).toBe('allowed');
      expect(await change(all.admin, all.viewer, 'member')).toBe('allowed');
      expect(await change(all.admin, all.member, 'admin')).toBe('CQ114');
      expect(await change(all.admin, all.owner, 'member')).toBe('CQ114');
      expect(await change(all.admin, all.admin, 'owner')).toBe('CQ114');
      expect(await change(all.member, all.viewer, 'viewer')).toBe('CQ114');
      expect(await change(all.owner, all.member, 'admin')).toBe('allowed');
      expect(await change(all.owner, all.owner, 'member')).toBe('CQ111');
      expect(await change(all.owner, all.member, 'owner')).toBe('allowed');
      expect(await change(all.owner, all.owner, 'member')).toBe('allowed');
      // the claims of the request still say owner
      expect(await change(all.owner, all.member, 'viewer')).toBe('CQ114');
      expect(await roleOf(all.id, all.member)).toBe('owner');
    });

    it('are removed and leave, and their access ends with the next request', async () => {
      const all = await team();
      const remove = (by: TestUser, user: { id: string }) =>
        code(call(by, 'select app_public.remove_member($1)', user.id));
      expect(await remove(all.viewer, all.member)).toBe('CQ114');
      expect(await remove(all.admin, all.owner)).toBe('CQ114');
      expect(await remove(all.owner, { id: NOWHERE })).toBe('CQ204');
      expect(await remove(all.owner, all.owner)).toBe('CQ111');
      expect(await remove(all.admin, all.member)).toBe('allowed');
      expect(await code(authenticate(all.member.token, all.id))).toBe('CQ107');
      const leave = (user: TestUser) => code(call(user, 'select app_public.leave_workspace()'));
      expect(await leave(all.viewer)).toBe('allowed');
      expect(await leave(all.viewer)).toBe('CQ107');
      expect(await leave(all.owner)).toBe('CQ111');
    });

    it('hand ownership over', async () => {
      const all = await team();
      const transfer = (by: TestUser, to: TestUser) =>
        code(call(by, 'select app_public.transfer_ownership($1)', to.id));
      expect(await transfer(all.admin, all.admin)).toBe('CQ114');
      expect(await transfer(all.owner, all.viewer)).toBe('allowed');
      expect([await roleOf(all.id, all.viewer), await roleOf(all.id, all.owner)]).toEqual(['owner', 'admin']);
      expect(await transfer(all.owner, all.owner)).toBe('CQ114');
    });

    it('do not come to a personal workspace', async () => {
      const ann = await newcomer();
      for (const sql of [
        `select app_public.invite_member('friend@example.org')`,
        'select app_public.leave_workspace()',
        `select app_public.remove_member('${ann.id}')`,
        `select app_public.transfer_ownership('${ann.id}')`,
      ])
        expect(await code(call(ann, sql)), sql).toBe('CQ113');
    });

    it('make workspaces, and name them', async () => {
      const ann = await newcomer();
      const [made] = await call(ann, `select * from app_public.create_workspace('  Lab ', 'Lab-1')`);
      expect(made).toMatchObject({ name: 'Lab', slug: 'lab-1', is_personal: false });
      expect(await roleOf(made.id, ann)).toBe('owner');
      const there = { ...ann, workspaceId: made.id };
      expect(
        await call(there, `select name, slug from app_public.rename_workspace('Laboratory')`),
      ).toMatchObject([{ name: 'Laboratory', slug: 'lab-1' }]);
      const [other] = await call(ann, `select id from app_public.create_workspace('Other')`);
      expect(
        await code(
          call({ ...ann, workspaceId: other.id }, `select app_public.rename_workspace('Other', 'LAB-1')`),
        ),
      ).toBe('CQ116');
      expect(await code(call(ann, `select app_public.create_workspace('')`))).toBe('23514');
      const guest = await join(database, await newcomer(), made.id, 'viewer');
      expect(await code(call(guest, `select app_public.rename_workspace('Mine')`))).toBe('CQ114');
    });

    it('always leave an owner, whatever writes', async () => {
      const all = await team();
      for (const sql of [
        'delete from app_public.workspace_members where workspace_id = $1 and user_id = $2',
        `update app_public.workspace_members set role = 'viewer' where workspace_id = $1 and user_id = $2`,
      ])
        expect(await code(owner().query(sql, [all.id, all.owner.id])), sql).toBe('CQ111');
      expect(await code(owner().query('delete from app_public.users where id = $1', [all.owner.id]))).toBe(
        'CQ111',
      );
      // a workspace that goes takes its owner along
      expect(await code(owner().query('delete from app_public.workspaces where id = $1', [all.id]))).toBe(
        'allowed',
      );
      // and so does an account, out of a workspace of its own
      expect(await code(owner().query('delete from app_public.users where id = $1', [all.viewer.id]))).toBe(
        'allowed',
      );
    });

    it('do not both leave as the last two owners, through the functions', async () => {
      const all = await team();
      await call(all.owner, `select app_public.change_member_role($1, 'owner')`, all.admin.id);
      const leave = 'select app_public.leave_workspace()';
      expect(await race([all.owner, leave, []], [{ ...all.admin, memberRole: 'owner' }, leave, []])).toEqual([
        'allowed',
        'CQ111',
      ]);
      expect(await roleOf(all.id, all.admin)).toBe('owner');
    });

    it.each(['read committed', 'repeatable read'])(
      'do not both leave past the functions (%s)',
      async (level) => {
        const all = await team();
        await call(all.owner, `select app_public.change_member_role($1, 'owner')`, all.admin.id);
        const clients = [await owner().connect(), await owner().connect()];
        try {
          for (const [index, user] of [all.owner, all.admin].entries()) {
            await clients[index]!.query(`begin isolation level ${level}`);
            await clients[index]!.query(
              'delete from app_public.workspace_members where workspace_id = $1 and user_id = $2',
              [all.id, user.id],
            );
          }
          const codes = await Promise.all(clients.map((client) => code(client.query('commit'))));
          expect(codes.sort()).toEqual(
            level === 'read committed' ? ['CQ111', 'allowed'] : ['40001', 'allowed'],
          );
        } finally {
          for (const client of clients) client.release();
        }
        const { n } = await one(
          `select count(*)::int as n from app_public.workspace_members where workspace_id = $1 and role = 'owner'`,
          all.id,
        );
        expect(n).toBe(1);
      },
    );
  });

  describe('invitations', () => {
    it('bring the person of the address in, once', async () => {
      const all = await team();
      const guest = await newcomer('guest');
      const email = await emailOf(guest);
      const [invited] = await call(
        all.admin,
        `select * from app_public.invite_member($1, 'viewer')`,
        email.toUpperCase(),
      );
      expect(invited).toMatchObject({ workspace_id: all.id, role: 'viewer', invited_by: all.admin.id });
      expect(JSON.stringify(invited)).not.toMatch(/cqi_/);
      const token = await lastToken(invited.email);
      const accept = (user: TestUser) => call(user, 'select * from app_public.accept_invitation($1)', token);
      expect(await code(accept(await newcomer()))).toBe('CQ112');
      expect(await accept(guest)).toMatchObject([{ workspace_id: all.id, role: 'viewer' }]);
      expect(await code(accept(guest))).toBe('CQ112');
      expect(await authenticate(guest.token, all.id)).toMatchObject({ member_role: 'viewer' });
      expect(await code(call(all.admin, 'select app_public.invite_member($1)', email))).toBe('CQ115');
    });

    it('are given by rank', async () => {
      const all = await team();
      const invite = (by: TestUser, role: string) =>
        code(call(by, `select app_public.invite_member('friend@example.org', $1)`, role));
      expect(await invite(all.viewer, 'viewer')).toBe('CQ114');
      expect(await invite(all.member, 'viewer')).toBe('CQ114');
      expect(await invite(all.admin, 'admin')).toBe('CQ114');
      expect(await invite(all.owner, 'owner')).toBe('CQ200');
      expect(await invite(all.owner, 'admin')).toBe('allowed');
      expect(await code(call(all.owner, `select app_public.invite_member('nobody')`))).toBe('23514');
    });

    it('are open to 200 at a time (CQ118)', async () => {
      const all = await team();
      await call(
        all.owner,
        `select i.id from generate_series(1, 200) as n
         cross join lateral app_public.invite_member(format('friend%s@example.org', n)) as i`,
      );
      const invite = () => code(call(all.owner, `select app_public.invite_member('late@example.org')`));
      expect(await invite()).toBe('CQ118');
      await owner().query(
        `update app_public.workspace_invitations set expires_at = now() where workspace_id = $1 and email = 'friend7@example.org'`,
        [all.id],
      );
      expect(await invite()).toBe('allowed');
      expect(await invite()).toBe('CQ118');
    });

    it('stop working when they are revoked, expire or are sent again', async () => {
      const all = await team();
      const guest = await newcomer('guest');
      const email = await emailOf(guest);
      const invite = async () =>
        (await call(all.owner, 'select id from app_public.invite_member($1)', email))[0].id;
      const accept = (token: string) => code(call(guest, 'select app_public.accept_invitation($1)', token));
      const id = await invite();
      const first = await lastToken(email);
      expect(await invite()).toBe(id);
      expect(await accept(first)).toBe('CQ112');
      const second = await lastToken(email);
      await owner().query('update app_public.workspace_invitations set expires_at = now() where id = $1', [
        id,
      ]);
      expect(await accept(second)).toBe('CQ112');
      await invite();
      const third = await lastToken(email);
      expect(await call(all.admin, 'select id from app_public.revoke_invitation($1)', id)).toEqual([{ id }]);
      expect(await accept(third)).toBe('CQ112');
      expect(await code(call(all.admin, 'select app_public.revoke_invitation($1)', id))).toBe('CQ204');
    });

    it('of two acceptances at once, one takes effect', async () => {
      const all = await team();
      const guest = await newcomer('guest');
      const email = await emailOf(guest);
      await call(all.owner, 'select app_public.invite_member($1)', email);
      const accept: [TestUser, string, unknown[]] = [
        guest,
        'select app_public.accept_invitation($1)',
        [await lastToken(email)],
      ];
      expect(await race(accept, accept)).toEqual(['allowed', 'CQ112']);
      expect(await roleOf(all.id, guest)).toBe('member');
    });
  });

  describe('API keys', () => {
    const create = async (user: TestUser, scopes: string[], expires: Date | null = null) =>
      (
        await call(
          user,
          'select * from app_public.create_api_key($1, $2, $3)',
          `key ${++count}`,
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
        (await one('select last_used_at from app_public.api_keys where id = $1', key.api_key_id))
          .last_used_at;
      const first = await used();
      expect(first).toBeInstanceOf(Date);
      await authenticate(key.secret);
      expect(await used()).toEqual(first);
    });

    it('are refused when they are malformed, unknown, or asked for what cannot be', async () => {
      const ann = await newcomer();
      const { secret } = await create(ann, ['read']);
      for (const token of [
        secret.toUpperCase(),
        `${secret}0`,
        secret.slice(0, -1),
        `${secret.slice(0, -1)}g`,
      ])
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
      const [document] = await call(
        all.owner,
        `select id from app_public.create_document('Zebra', 'stripes')`,
      );
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
      expect(
        await request(key.secret, `update app_public.users set display_name = 'x' returning id`),
      ).toEqual([]);
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

  describe('the audit log', () => {
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
      expect([await seen(all.member), await seen(all.viewer), await seen(await newcomer())]).toEqual([
        0, 0, 0,
      ]);
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

  describe('mail', () => {
    const deliver = (send: (mail: Mail) => Promise<void>) =>
      deliverMail.handle(
        {
          pool: database.pool('worker'),
          log: log.child({}, { level: 'silent' }),
          signal: new AbortController().signal,
          mailer: { send },
        } as never,
        {},
      );
    const put = (recipient: string) =>
      owner().query(`select app_private.send_mail($1, 'Subject', 'Token: abc')`, [recipient]);

    it('is delivered once, and its text is not kept', async () => {
      await deliver(async () => {});
      await put('a@example.org');
      const sent: Mail[] = [];
      const send = async (mail: Mail) => void sent.push(mail);
      expect(await deliver(send)).toEqual({ sent: 1, failed: 0 });
      expect(await deliver(send)).toEqual({ sent: 0, failed: 0 });
      expect(sent).toMatchObject([{ recipient: 'a@example.org', subject: 'Subject', body: 'Token: abc' }]);
      expect(
        await one(
          `select body, sent_at is not null as sent, last_error from app_private.mail_outbox where recipient = 'a@example.org'`,
        ),
      ).toEqual({ body: null, sent: true, last_error: null });
    });

    it('that fails waits longer each time, holds up no other, and is given up at last', async () => {
      await put('broken@example.org');
      await put('b@example.org');
      const send = async ({ recipient }: Mail) => {
        if (recipient === 'broken@example.org') throw new Error('mailbox is full');
      };
      expect(await deliver(send)).toEqual({ sent: 1, failed: 1 });
      expect(await deliver(send)).toEqual({ sent: 0, failed: 0 });
      const due = () =>
        owner().query(
          `update app_private.mail_outbox set next_attempt_at = now() where recipient = 'broken@example.org'`,
        );
      for (let attempt = 2; attempt <= 8; attempt++) {
        await due();
        expect(await deliver(send)).toEqual({ sent: 0, failed: 1 });
      }
      await due();
      expect(await deliver(send)).toEqual({ sent: 0, failed: 0 });
      expect(
        await one(
          `select attempts, last_error, sent_at from app_private.mail_outbox where recipient = 'broken@example.org'`,
        ),
      ).toEqual({ attempts: 8, last_error: 'mailbox is full', sent_at: null });
    });

    it('is taken by one worker at a time, and wakes the job', async () => {
      await owner().query(`delete from pgboss.job where name = 'deliver-mail'`);
      await put('c@example.org');
      await put('d@example.org');
      expect(
        await one(
          `select count(*)::int as n from pgboss.job where name = 'deliver-mail' and state = 'created'`,
        ),
      ).toEqual({ n: 1 });
      const worker = database.pool('worker');
      const taken = await Promise.all(
        [1, 2].map(() => worker.query('select recipient from app_hidden.take_mail(1)')),
      );
      expect(taken.flatMap(({ rows }) => rows.map((row) => row.recipient)).sort()).toEqual([
        'c@example.org',
        'd@example.org',
      ]);
      expect(await code(worker.query('select app_hidden.take_mail(0)'))).toBe('CQ200');
    });
  });
});
