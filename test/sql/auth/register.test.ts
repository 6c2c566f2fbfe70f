import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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
  setScene,
  team,
  visit,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { PASSWORD } from '../../support/users.ts';
import { added, workFor } from '../../support/work.ts';

describeReal('registering', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const set = async (values: Record<string, string>) => {
    for (const [name, value] of Object.entries(values))
      await owner().query('update app_private.settings set value = $2 where name = $1', [name, value]);
  };
  afterEach(() => set({ registration: 'open', registration_domains: 'none', require_verified_email: 'off' }));
  const register = (email: string, { password = PASSWORD, username = null, invitation = null } = {}) =>
    visit(
      'select token from app_public.register($1, $2, $3, invitation_token => $4)',
      email,
      password,
      username,
      invitation,
    );
  const signIn = (email: string, password = PASSWORD) =>
    visit('select token from app_public.sign_in($1, $2)', email, password);
  const hasAccount = async (email: string): Promise<boolean> =>
    (await one('select count(*)::int as n from app_public.users where email = $1', email)).n === 1;
  const identity = (email: string, isVerified: boolean) =>
    code(
      database
        .pool('authenticator')
        .query('select * from app_hidden.authenticate_identity($1, $2, $3, is_email_verified => $4)', [
          'https://id.example.org',
          email,
          email,
          isVerified,
        ]),
    );
  const invite = async (email: string): Promise<string> => {
    const { owner: inviter } = await team();
    await call(inviter, 'select app_public.invite_member($1)', email);
    return lastToken(email);
  };

  it('is open by default, and signs in at once', async () => {
    const [{ token }] = (await register('open@example.org')) as [{ token: string }];
    expect(await authenticate(token)).toBeDefined();
    expect(await code(register('OPEN@example.org'))).toBe('CQ104');
    expect(await identity('open-by-provider@example.org', false)).toBe('allowed');
  });

  it('is closed to everybody when it is closed, invited or not, and when the setting is a word of none', async () => {
    const known = await newcomer();
    const token = await invite('invited@example.org');
    for (const registration of ['closed', 'clsoed']) {
      await set({ registration });
      expect(await code(register('new@example.org'))).toBe('CQ131');
      expect(await code(register(await emailOf(known)))).toBe('CQ131');
      expect(await code(register('invited@example.org', { invitation: token as never }))).toBe('CQ131');
      expect(await identity('new@example.org', true)).toBe('CQ131');
    }
    expect(await hasAccount('new@example.org')).toBe(false);
    expect((await signIn(await emailOf(known)))[0].token).toMatch(/^cqs_/);
  });

  describe('by invitation', () => {
    it('needs the token that was sent to the address, and proves it', async () => {
      const token = await invite('guest@example.org');
      await set({ registration: 'invitation' });
      expect(await code(register('guest@example.org'))).toBe('CQ132');
      expect(await code(register('stranger@example.org', { invitation: token as never }))).toBe('CQ132');
      expect(await code(register('guest@example.org', { invitation: 'cqi_0' as never }))).toBe('CQ132');
      expect(await code(register('guest@example.org', { invitation: token as never }))).toBe('allowed');
      expect(
        (await one(`select is_email_verified from app_public.users where email = 'guest@example.org'`))
          .is_email_verified,
      ).toBe(true);
    });

    it('is over with the invitation', async () => {
      const token = await invite('late@example.org');
      await owner().query(
        `update app_public.workspace_invitations set expires_at = clock_timestamp() where email = 'late@example.org'`,
      );
      await set({ registration: 'invitation' });
      expect(await code(register('late@example.org', { invitation: token as never }))).toBe('CQ132');
    });

    it('lets in who comes by an identity provider that vouches for the invited address', async () => {
      await invite('vouched@example.org');
      await set({ registration: 'invitation' });
      expect(await identity('vouched@example.org', false)).toBe('CQ132');
      expect(await identity('nobody-invited@example.org', true)).toBe('CQ132');
      expect(await identity('vouched@example.org', true)).toBe('allowed');
      // an account that exists is not a new one
      await set({ registration: 'closed' });
      expect(await identity('vouched@example.org', true)).toBe('allowed');
    });

    it('with a token of no invitation is refused where everybody may register, too', async () => {
      expect(await code(register('open2@example.org', { invitation: 'cqi_0' as never }))).toBe('CQ112');
    });
  });

  it('is for addresses of some domains, once they are proved', async () => {
    await set({ registration: 'domain', registration_domains: 'example.com, Example.NET' });
    for (const email of ['a@example.org', 'a@sub.example.com', 'a@notexample.com', ''])
      expect(await code(register(email)), email).toBe('CQ133');
    expect(await identity('b@example.com', false)).toBe('CQ133');
    expect(await identity('b@example.com', true)).toBe('allowed');
    expect(await register('a@EXAMPLE.com')).toEqual([{ token: null }]);
    await answerRequests();
    expect(await code(signIn('a@example.com'))).toBe('CQ134');
    await visit('select app_public.verify_email($1)', await lastToken('a@EXAMPLE.com'));
    expect((await signIn('a@example.com'))[0].token).toMatch(/^cqs_/);
  });

  describe('where addresses must be proved', () => {
    const confirm = { require_verified_email: 'on' };
    const mails = async (email: string): Promise<string[]> =>
      (
        await owner().query('select kind from app_private.mail_outbox where recipient = $1 order by id', [
          email,
        ])
      ).rows.map((row) => row.kind);

    it('answers the same for an address with an account, which its mailbox alone learns', async () => {
      const known = await emailOf(await newcomer());
      await set(confirm);
      expect(await register('fresh@example.org')).toEqual([{ token: null }]);
      expect(await register(known, { password: 'the guess of a stranger' })).toEqual([{ token: null }]);
      expect(await hasAccount('fresh@example.org')).toBe(false);
      await answerRequests();
      expect(await hasAccount('fresh@example.org')).toBe(true);
      expect([await mails('fresh@example.org'), await mails(known)]).toEqual([
        ['verification'],
        ['already_registered'],
      ]);
      await set({ require_verified_email: 'off' });
      expect(await signIn(known, 'the guess of a stranger')).toEqual([{ token: null }]);
      expect((await signIn(known))[0].token).toMatch(/^cqs_/);
    });

    it('runs the same statements for both', async () => {
      const known = await emailOf(await newcomer());
      await set(confirm);
      const [ofKnown, ofUnknown] = await workFor(database, 'select app_public.register($1, $2)', [
        [known, PASSWORD],
        ['unknown-address@example.org', PASSWORD],
      ]);
      expect(added(ofKnown)).toBeGreaterThan(0);
      expect(ofUnknown).toEqual(ofKnown);
    });

    it('lets nobody in before, and by the token of the mail or by a reset after', async () => {
      await set(confirm);
      for (const email of ['first@example.org', 'second@example.org']) await register(email);
      await answerRequests();
      expect(await code(signIn('first@example.org'))).toBe('CQ134');
      // only who knows the password learns that
      expect(await signIn('first@example.org', 'a guess')).toEqual([{ token: null }]);
      await visit('select app_public.verify_email($1)', await lastToken('first@example.org'));
      expect((await signIn('first@example.org'))[0].token).toMatch(/^cqs_/);
      await visit('select app_public.request_password_reset($1)', 'second@example.org');
      await answerRequests();
      await visit(
        `select app_public.reset_password($1, 'a new password')`,
        await lastToken('second@example.org'),
      );
      expect((await signIn('second@example.org', 'a new password'))[0].token).toMatch(/^cqs_/);
    });

    it('still says what is not acceptable, and makes one account of two requests', async () => {
      await set(confirm);
      expect(await code(register('no address'))).toBe('CQ200');
      expect(await code(register('ok@example.org', { username: '!' as never }))).toBe('CQ200');
      expect(await code(register('ok@example.org', { password: 'short' }))).toBe('CQ105');
      await register('twice@example.org');
      await register('twice@example.org', { password: 'of somebody else' });
      await answerRequests();
      await visit('select app_public.verify_email($1)', await lastToken('twice@example.org'));
      expect((await signIn('twice@example.org'))[0].token).toMatch(/^cqs_/);
      expect(await signIn('twice@example.org', 'of somebody else')).toEqual([{ token: null }]);
    });

    it('keeps sessions that exist, and takes the word of a provider that vouches', async () => {
      const { token } = await newcomer();
      await set(confirm);
      expect(await authenticate(token)).toBeDefined();
      expect(await identity('unproved@example.org', false)).toBe('CQ134');
      expect(await identity('proved@example.org', true)).toBe('allowed');
    });
  });
});
