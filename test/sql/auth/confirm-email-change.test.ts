import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  answerRequests,
  call,
  code,
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
import { PASSWORD, type TestUser } from '../../support/users.ts';

describeReal('another address', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const ask = (user: TestUser, email: string, password = PASSWORD) =>
    call(user, 'select app_public.request_email_change($1, $2) as requested', email, password);
  const confirm = (user: TestUser, token: string) =>
    code(call(user, 'select app_public.confirm_email_change($1)', token));
  const mails = async (recipient: string): Promise<number> =>
    (await one('select count(*)::int as n from app_private.mail_outbox where recipient = $1', recipient)).n;
  const signIn = async (email: string) =>
    (await visit('select token from app_public.sign_in($1, $2)', email, PASSWORD))[0].token;

  it('counts from the moment on in which its mailbox is proved, and the old one is told', async () => {
    const ann = await newcomer();
    const old = await emailOf(ann);
    await owner().query('update app_public.users set is_email_verified = true where id = $1', [ann.id]);
    expect(await ask(ann, 'ann-new@example.org')).toEqual([{ requested: true }]);
    expect(await emailOf(ann)).toBe(old);
    const token = await lastToken('ann-new@example.org');
    expect(await confirm(ann, token)).toBe('allowed');
    expect(await confirm(ann, token)).toBe('CQ112');
    expect(await one('select email, is_email_verified from app_public.users where id = $1', ann.id)).toEqual({
      email: 'ann-new@example.org',
      is_email_verified: true,
    });
    expect(
      (
        await one(
          'select body from app_private.mail_outbox where recipient = $1 order by id desc limit 1',
          old,
        )
      ).body,
    ).toContain('was changed to ann-new@example.org');
    expect(await signIn(old)).toBeNull();
    expect(await signIn('ann-new@example.org')).toMatch(/^cqs_/);
  });

  it('wants the password, and counts wrong ones', async () => {
    const ann = await newcomer();
    for (let n = 1; n <= 5; n++)
      expect(await ask(ann, 'guessed@example.org', 'a guess')).toEqual([{ requested: false }]);
    expect(await code(ask(ann, 'guessed@example.org'))).toBe('CQ103');
    expect(await mails('guessed@example.org')).toBe(0);
    expect(await signIn(await emailOf(ann))).toMatch(/^cqs_/);
  });

  it('gives the account to nobody who only reads the mailbox', async () => {
    const [ann, bob] = [await newcomer(), await newcomer()];
    await ask(ann, 'mistyped@example.org');
    const token = await lastToken('mistyped@example.org');
    expect(await confirm(bob, token)).toBe('CQ112');
    for (const use of ['verify_email($1)', `reset_password($1, 'a new password')`])
      expect(await code(visit(`select app_public.${use}`, token))).toBe('CQ112');
  });

  it('that has an account is told to its mailbox alone', async () => {
    const [ann, bob] = [await newcomer(), await newcomer()];
    const taken = await emailOf(bob);
    expect(await ask(ann, taken)).toEqual([{ requested: true }]);
    expect(await confirm(ann, await lastToken(taken))).toBe('CQ104');
    expect(await signIn(taken)).toMatch(/^cqs_/);
  });

  it('ends what was mailed before, and is asked of three strangers at most', async () => {
    const ann = await newcomer();
    await visit('select app_public.request_password_reset($1)', await emailOf(ann));
    await answerRequests();
    const reset = await lastToken(await emailOf(ann));
    for (let n = 1; n <= 5; n++) {
      await owner().query(
        `update app_private.mail_tokens set created_at = created_at - interval '2 minutes' where user_id = $1`,
        [ann.id],
      );
      await ask(ann, `stranger${n}@example.org`);
    }
    expect(await mails('stranger3@example.org')).toBe(1);
    expect(await mails('stranger4@example.org')).toBe(0);
    expect(await confirm(ann, await lastToken('stranger1@example.org'))).toBe('allowed');
    expect(await confirm(ann, await lastToken('stranger2@example.org'))).toBe('CQ112');
    expect(await code(visit(`select app_public.reset_password($1, 'a new password')`, reset))).toBe('CQ112');
  });

  it('is an address, of a domain that may register, and of two at once one takes effect', async () => {
    const ann = await newcomer();
    expect(await code(ask(ann, 'no address'))).toBe('CQ200');
    await owner().query(`update app_private.settings set value = 'domain' where name = 'registration'`);
    try {
      expect(await code(ask(ann, 'ann@elsewhere.org'))).toBe('CQ133');
    } finally {
      await owner().query(`update app_private.settings set value = 'open' where name = 'registration'`);
    }
    await ask(ann, 'raced@example.org');
    const token = await lastToken('raced@example.org');
    const sql = 'select app_public.confirm_email_change($1)';
    expect(await race([ann, sql, [token]], [ann, sql, [token]])).toEqual(['allowed', 'CQ112']);
  });
});
