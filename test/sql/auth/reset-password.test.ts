import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  answerRequests,
  authenticate,
  call,
  code,
  database,
  emailOf,
  endScene,
  lastToken,
  newcomer,
  one,
  owner,
  race,
  setScene,
  visit,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { createWorkspace, join } from '../../support/tenants.ts';
import type { TestUser } from '../../support/users.ts';
import { added, workFor } from '../../support/work.ts';

describeReal('forgotten passwords', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const signIn = async (email: string, password: string) =>
    (await visit('select token from app_public.sign_in($1, $2)', email, password))[0]?.token;

  const ask = async (email: string) => {
    expect(await visit('select app_public.request_password_reset($1) as accepted', email)).toEqual([
      { accepted: true },
    ]);
    await answerRequests();
  };
  /** As if the last mail to somebody had been sent two minutes before. */
  const passTime = async (user: TestUser) =>
    owner().query(
      `update app_private.mail_outbox set not_before = not_before - interval '2 minutes' where recipient = $1`,
      [await emailOf(user)],
    );
  const tokens = async (email: string): Promise<string[]> =>
    (
      await owner().query(
        `select data ->> 'token' as token from app_private.mail_outbox where recipient = $1 order by id`,
        [email],
      )
    ).rows.map((row) => row.token);

  it('are reset once by a token from a mail, which ends all sessions', async () => {
    const ann = await newcomer();
    const email = await emailOf(ann);
    const mails = async () =>
      (await one('select count(*)::int as n from app_private.mail_outbox where recipient = $1', email)).n;
    await ask(email.toUpperCase());
    // at most one a minute, with the same answer
    await ask(email);
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
      await passTime(stranger);
      await ask(email);
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
      expect(await one('select from app_private.api_key_secrets where api_key_id = $1', id)).toBeUndefined();
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
    await ask(email);
    const token = await lastToken(email);
    await owner().query(
      'update app_private.mail_tokens set expires_at = clock_timestamp() where user_id = $1',
      [ann.id],
    );
    const reset = () => visit(`select app_public.reset_password($1, 'a new password')`, token);
    expect(await code(reset())).toBe('CQ112');
    await owner().query(
      `update app_private.mail_tokens set expires_at = clock_timestamp() + interval '1 hour' where user_id = $1`,
      [ann.id],
    );
    await owner().query('update app_public.users set is_active = false where id = $1', [ann.id]);
    expect(await code(reset())).toBe('CQ112');
  });

  it('of two resets with one token at once, one takes effect', async () => {
    const ann = await newcomer();
    const email = await emailOf(ann);
    await ask(email);
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

  it('of two resets with two tokens at once, one takes effect', async () => {
    const ann = await newcomer();
    const email = await emailOf(ann);
    await ask(email);
    await passTime(ann);
    await ask(email);
    const [first, second] = await tokens(email);
    const sql = 'select app_public.reset_password($1, $2)';
    expect(
      await race(
        [undefined, sql, [first, 'the first password']],
        [undefined, sql, [second, 'the second one']],
      ),
    ).toEqual(['allowed', 'CQ112']);
    expect(await signIn(email, 'the first password')).toMatch(/^cqs_/);
  });

  it('have up to three tokens that work, and a further request ends none of them', async () => {
    const ann = await newcomer();
    const email = await emailOf(ann);
    for (let request = 1; request <= 5; request++) {
      await ask(email);
      await passTime(ann);
    }
    const mailed = await tokens(email);
    expect(mailed.length).toBe(3);
    expect(await code(visit(`select app_public.reset_password($1, 'the first password')`, mailed[0]))).toBe(
      'allowed',
    );
    for (const token of mailed.slice(1))
      expect(await code(visit(`select app_public.reset_password($1, 'the second one')`, token))).toBe(
        'CQ112',
      );
  });

  it('are not reset by a token that went to an address of before', async () => {
    const ann = await newcomer();
    const email = await emailOf(ann);
    await ask(email);
    const token = await lastToken(email);
    await owner().query('update app_public.users set email = $2 where id = $1', [ann.id, `new-${email}`]);
    expect(await code(visit(`select app_public.reset_password($1, 'a new password')`, token))).toBe('CQ112');
  });

  it('are asked for by the same statements, whether there is an account or not', async () => {
    const known = await emailOf(await newcomer());
    const [ofKnown, ofUnknown] = await workFor(database, 'select app_public.request_password_reset($1)', [
      [known],
      ['nobody@example.org'],
    ]);
    expect(added(ofKnown)).toBeGreaterThan(0);
    expect(ofUnknown).toEqual(ofKnown);
  });
});
