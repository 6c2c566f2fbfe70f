import { afterAll, beforeAll, expect, it } from 'vitest';
import { appOf, codeAt, forgetSteps, wrongCode } from '../support/second-factor.ts';
import { describeReal } from '../support/server.ts';
import { codeOf, PASSWORD, type Reply, register, startTestApi, type TestApi } from './support.ts';

const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) { authentication { token } }
}`;
const CONFIRM = `mutation ($challenge: String!, $code: String!) {
  confirmSignIn(input: { challenge: $challenge, code: $code }) { authentication { token expiresAt workspaceId } }
}`;
const ADD = `mutation ($challenge: String) {
  addSecondFactor(input: { challenge: $challenge }) { secondFactor { secret uri } }
}`;
const PROVE = `mutation ($password: String, $code: String) {
  proveIdentity(input: { password: $password, code: $code }) { proved }
}`;
const CODES = 'mutation { makeRecoveryCodes(input: {}) { recoveryCodes } }';
const KEY = 'mutation { createApiKey(input: { name: "mine" }) { newApiKey { secret } } }';

describeReal('a second factor', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api?.close());

  const sql = (text: string, ...values: unknown[]) => api.database.pool('owner').query(text, values);
  const signIn = (email: string, password = PASSWORD) => api.ask(SIGN_IN, { email, password });
  const confirm = (challenge: string, code: string) => api.ask(CONFIRM, { challenge, code });
  const challengeIn = (reply: Reply): string =>
    (reply.errors[0]!.extensions as unknown as { challenge: string }).challenge;
  const protect = async (email: string) => {
    const { token } = await register(api, email);
    const { uri } = (await api.ask(ADD, {}, { token })).data.addSecondFactor.secondFactor;
    const app = appOf(uri);
    const confirmed = await api.ask(
      'mutation ($code: String!) { confirmSecondFactor(input: { code: $code }) { recoveryCodes } }',
      { code: codeAt(app) },
      { token },
    );
    await forgetSteps(api.database);
    return { token, app, recoveryCodes: confirmed.data.confirmSecondFactor.recoveryCodes as string[] };
  };

  it('is told to a client that knows none by CQ140, and its challenge and a code sign in', async () => {
    const { app, recoveryCodes } = await protect('ann@example.org');
    expect(recoveryCodes).toHaveLength(10);
    const first = await signIn('ann@example.org');
    expect(codeOf(first)).toBe('CQ140');
    expect(first.errors[0]!.extensions.hint).toMatch(/confirmSignIn/);
    expect(first.data?.signIn ?? null).toBeNull();
    const challenge = challengeIn(first);
    expect(codeOf(await confirm(challenge, wrongCode(app)))).toBe('CQ143');
    const reply = await confirm(challenge, codeAt(app));
    const { token } = reply.data.confirmSignIn.authentication;
    expect(token).toMatch(/^cqs_/);
    const state = await api.ask(
      '{ currentUser { email } secondFactor { isActive recoveryCodesLeft isRequired } }',
      {},
      { token },
    );
    expect(state.data).toEqual({
      currentUser: { email: 'ann@example.org' },
      secondFactor: { isActive: true, recoveryCodesLeft: 10, isRequired: false },
    });
    expect(codeOf(await confirm(challenge, codeAt(app, 1)))).toBe('CQ144');
    // what is used is used
    expect(codeOf(await confirm(challengeIn(await signIn('ann@example.org')), codeAt(app)))).toBe('CQ143');
  });

  it('is no matter of wrong passwords: they are answered as without one', async () => {
    await protect('bob@example.org');
    await register(api, 'carl@example.org');
    const texts = await Promise.all(
      ['bob@example.org', 'carl@example.org', 'nobody@example.org'].map(
        async (email) => (await signIn(email, 'a wrong password')).text,
      ),
    );
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toContain('CQ102');
  });

  it('gives one session to two that confirm at once', async () => {
    const { app } = await protect('dora@example.org');
    const challenge = challengeIn(await signIn('dora@example.org'));
    const replies = await Promise.all([confirm(challenge, codeAt(app)), confirm(challenge, codeAt(app))]);
    expect(replies.filter((reply) => reply.errors.length === 0)).toHaveLength(1);
  });

  it('is not guessed, five to a challenge and five in a while', async () => {
    const { app } = await protect('eve@example.org');
    const codes: (string | undefined)[] = [];
    for (let n = 1; n <= 7; n++) {
      const challenge = challengeIn(await signIn('eve@example.org'));
      codes.push(codeOf(await confirm(challenge, wrongCode(app))));
    }
    expect(codes).toEqual([...Array(5).fill('CQ143'), 'CQ103', 'CQ103']);
  });

  it('that the installation wants closes sessions (HTTP 403), and is added with a challenge', async () => {
    const { token } = await register(api, 'fred@example.org');
    await sql(`update app_private.settings set value = 'all' where name = 'require_second_factor'`);
    try {
      const refused = await api.ask('{ currentUser { email } }', {}, { token });
      expect([refused.status, codeOf(refused)]).toEqual([403, 'CQ141']);
      const first = await signIn('fred@example.org');
      expect(codeOf(first)).toBe('CQ141');
      const challenge = challengeIn(first);
      const added = await api.ask(ADD, { challenge });
      const app = appOf(added.data.addSecondFactor.secondFactor.uri);
      const reply = await confirm(challenge, codeAt(app));
      const session = reply.data.confirmSignIn.authentication.token;
      expect(
        (await api.ask(CODES, {}, { token: session })).data.makeRecoveryCodes.recoveryCodes,
      ).toHaveLength(10);
      // the one from before the second factor works on
      expect((await api.ask('{ currentUser { email } }', {}, { token: session })).status).toBe(200);
    } finally {
      await sql(`update app_private.settings set value = 'off' where name = 'require_second_factor'`);
    }
  });

  it('and sensitive acts want a proof of late, by password or by code', async () => {
    const plain = await register(api, 'gina@example.org');
    const { token, app } = await protect('hugo@example.org');
    expect((await api.ask(KEY, {}, { token: plain.token })).errors).toEqual([]);
    await sql(`update app_private.user_sessions set proved_at = proved_at - interval '1 hour'`);
    const refused = await api.ask(KEY, {}, { token: plain.token });
    expect([codeOf(refused), refused.errors[0]!.extensions.hint]).toEqual([
      'CQ142',
      'Call proveIdentity with your password, or a code of your second factor or a passkey; then try again.',
    ]);
    expect(codeOf(await api.ask(PROVE, { password: 'a guess' }, { token: plain.token }))).toBe('CQ102');
    expect(
      (await api.ask(PROVE, { password: PASSWORD }, { token: plain.token })).data.proveIdentity.proved,
    ).toBe(true);
    expect((await api.ask(KEY, {}, { token: plain.token })).errors).toEqual([]);

    expect(codeOf(await api.ask(CODES, {}, { token }))).toBe('CQ142');
    expect(codeOf(await api.ask(PROVE, { password: PASSWORD }, { token }))).toBe('CQ140');
    expect((await api.ask(PROVE, { code: codeAt(app) }, { token })).errors).toEqual([]);
    expect((await api.ask(CODES, {}, { token })).errors).toEqual([]);
  });

  it('is nothing for an API key', async () => {
    const { token } = await register(api, 'ina@example.org');
    const { secret } = (await api.ask(KEY, {}, { token })).data.createApiKey.newApiKey;
    for (const [document, variables] of [
      [ADD, {}],
      [CODES, {}],
      [PROVE, { password: PASSWORD }],
      ['mutation { removeSecondFactor(input: { code: "000000" }) { removed } }', {}],
    ] as const)
      expect(codeOf(await api.ask(document, variables, { token: secret }))).toBe('CQ110');
  });

  it('is removed by a code only', async () => {
    const { token, app } = await protect('jane@example.org');
    const remove = (code: string) =>
      api.ask(
        'mutation ($code: String!) { removeSecondFactor(input: { code: $code }) { removed } }',
        { code },
        { token },
      );
    expect(codeOf(await remove(wrongCode(app)))).toBe('CQ143');
    expect((await remove(codeAt(app))).data.removeSecondFactor.removed).toBe(true);
    expect((await signIn('jane@example.org')).errors).toEqual([]);
  });
});
