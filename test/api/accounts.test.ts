import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeReal } from '../support/server.ts';
import { codeOf, PASSWORD, register, startTestApi, type TestApi } from './support.ts';

const REGISTER = `mutation ($email: String!, $password: String!, $invitationToken: String) {
  register(input: { email: $email, password: $password, invitationToken: $invitationToken }) { authentication { token } }
}`;
const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) { authentication { token } }
}`;

describeReal('accounts', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api?.close());

  const sql = async (text: string, ...values: unknown[]) =>
    (await api.database.pool('owner').query(text, values)).rows;
  const set = (name: string, value: string) =>
    sql('update app_private.settings set value = $2 where name = $1', name, value);
  const enroll = async (email: string, password = PASSWORD, invitationToken?: string) =>
    api.ask(REGISTER, { email, password, invitationToken });
  const signIn = (email: string, password = PASSWORD) => api.ask(SIGN_IN, { email, password });
  const mailed = async (email: string, prefix: string): Promise<string> => {
    await api.database.pool('worker').query('select app_hidden.answer_account_requests()');
    const [mail] = await sql(
      `select data ->> 'token' as token from app_private.mail_outbox
       where recipient = $1 and data ->> 'token' like $2 || '%' order by id desc limit 1`,
      email,
      prefix,
    );
    return mail.token;
  };

  it.each(['password', '12345678', 'aaaaaaaa', 'own@example.org'])(
    'are not made with %s',
    async (password) => {
      const reply = await enroll('own@example.org', password);
      expect(codeOf(reply)).toBe('CQ130');
      expect(reply.errors[0]?.extensions.hint).toMatch(/^Choose several words/);
    },
  );

  describe('registration', () => {
    it('that is closed, for a domain or by invitation says so, each by its code', async () => {
      await register(api, 'before@example.org');
      try {
        await set('registration', 'closed');
        expect(codeOf(await enroll('late@example.org'))).toBe('CQ131');
        expect((await signIn('before@example.org')).data.signIn.authentication.token).toMatch(/^cqs_/);
        await set('registration', 'invitation');
        expect(codeOf(await enroll('late@example.org'))).toBe('CQ132');
        await set('registration', 'domain');
        expect(codeOf(await enroll('late@example.org'))).toBe('CQ133');
      } finally {
        await set('registration', 'open');
      }
    });

    it('with an address that must be proved answers the same for one that has an account', async () => {
      await register(api, 'taken@example.org');
      try {
        await set('require_verified_email', 'on');
        const fresh = await enroll('fresh@example.org');
        const taken = await enroll('taken@example.org');
        expect(fresh.errors).toEqual([]);
        expect(fresh.data.register.authentication?.token ?? null).toBeNull();
        expect(taken.text).toBe(fresh.text);
        const token = await mailed('fresh@example.org', 'cqv');
        expect(codeOf(await signIn('fresh@example.org'))).toBe('CQ134');
        expect(codeOf(await signIn('fresh@example.org', 'a wrong password'))).toBe('CQ102');
        const verified = await api.ask(
          'mutation ($token: String!) { verifyEmail(input: { token: $token }) { verified } }',
          { token },
        );
        expect(verified.data.verifyEmail.verified).toBe(true);
        expect((await signIn('fresh@example.org')).data.signIn.authentication.token).toMatch(/^cqs_/);
      } finally {
        await set('require_verified_email', 'off');
      }
    });
  });

  it('are got back by a mail while strangers ask for others', async () => {
    await register(api, 'victim@example.org');
    const ask = () =>
      api.ask('mutation { requestPasswordReset(input: { email: "victim@example.org" }) { accepted } }');
    expect((await ask()).data.requestPasswordReset.accepted).toBe(true);
    const token = await mailed('victim@example.org', 'cqr');
    await sql(`update app_private.mail_outbox set not_before = not_before - interval '2 minutes'`);
    await ask();
    expect(await mailed('victim@example.org', 'cqr')).not.toBe(token);
    const reset = await api.ask(
      'mutation ($token: String!) { resetPassword(input: { token: $token, newPassword: "a new password" }) { changed } }',
      { token },
    );
    expect(reset.data.resetPassword.changed).toBe(true);
    expect((await signIn('victim@example.org', 'a new password')).errors).toEqual([]);
  });

  it('show where they are signed in, by which client', async () => {
    const { token } = await register(api, 'seen@example.org');
    const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0';
    await api.ask(
      SIGN_IN,
      { email: 'seen@example.org', password: PASSWORD },
      { headers: { 'user-agent': agent } },
    );
    const reply = await api.ask('{ mySessions { nodes { client ip userAgent isCurrent } } }', {}, { token });
    expect(reply.data.mySessions.nodes).toMatchObject([
      { client: 'Firefox on Linux', ip: '127.0.0.1', userAgent: agent, isCurrent: false },
      { client: 'node', isCurrent: true },
    ]);
  });
});
