import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  authenticate,
  call,
  code,
  database,
  emailOf,
  endScene,
  forgetMails,
  lastToken,
  newcomer,
  one,
  owner,
  race,
  request,
  setScene,
  visit,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { createWorkspace, join } from '../../support/tenants.ts';
import { PASSWORD, type TestUser } from '../../support/users.ts';

describeReal('passwords', () => {
  beforeAll(setScene);
  afterAll(endScene);

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
    const ask = () => visit('select app_public.request_password_reset($1) as accepted', email.toUpperCase());
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
      await forgetMails();
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
