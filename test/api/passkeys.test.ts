import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Deviation,
  makePasskey,
  type Options,
  type Passkey,
  usePasskey,
} from '../support/authenticator.ts';
import { appOf, codeAt } from '../support/second-factor.ts';
import { describeReal } from '../support/server.ts';
import { codeOf, PASSWORD, type Reply, register, startTestApi, type TestApi } from './support.ts';

const ADD = 'mutation { addPasskey(input: {}) { options } }';
const CONFIRM = `mutation ($passkey: JSON!, $name: String) {
  confirmPasskey(input: { passkey: $passkey, name: $name }) { recoveryCodes }
}`;
const CHALLENGE = 'mutation { challengePasskey(input: {}) { options } }';
const SIGN_IN =
  'mutation ($passkey: JSON!) { signInWithPasskey(input: { passkey: $passkey }) { authentication { token userId } } }';
const BY_PASSWORD = `mutation ($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) { authentication { token } }
}`;
const CONFIRM_SIGN_IN = `mutation ($challenge: String!, $passkey: JSON, $code: String) {
  confirmSignIn(input: { challenge: $challenge, passkey: $passkey, code: $code }) { authentication { token } }
}`;
const PROVE = 'mutation ($passkey: JSON) { proveIdentity(input: { passkey: $passkey }) { proved } }';
const LIST = '{ myPasskeys { nodes { id name lastUsedAt needsPassword } } }';
const REMOVE = 'mutation ($id: UUID!) { removePasskey(input: { id: $id }) { removed } }';
const DROP = 'mutation ($code: String!) { removeSecondFactor(input: { code: $code }) { removed } }';
const ME = '{ currentUser { email } }';

describeReal('passkeys', () => {
  let api: TestApi;
  let people = 0;
  beforeAll(async () => {
    api = await startTestApi({ publicUrl: 'https://colloquy.example.org/app' });
  });
  afterAll(() => api?.close());

  const sql = async (text: string, ...values: unknown[]) =>
    (await api.database.pool('owner').query(text, values)).rows;
  const person = async () => {
    const email = `person${++people}@example.org`;
    const account = await register(api, email);
    await sql('update app_public.users set is_email_verified = true where id = $1', account.userId);
    return { email, ...account };
  };
  type Person = Awaited<ReturnType<typeof person>>;
  const added = async (token: string): Promise<Options> =>
    (await api.ask(ADD, {}, { token })).data.addPasskey.options;
  const challenge = async (token?: string): Promise<Options> =>
    (await api.ask(CHALLENGE, {}, { token })).data.challengePasskey.options;
  const confirm = (token: string, passkey: object, name?: string) =>
    api.ask(CONFIRM, { passkey, name }, { token });
  const signIn = (passkey: object) => api.ask(SIGN_IN, { passkey });
  const byPassword = async (email: string, password = PASSWORD) =>
    (await api.ask(BY_PASSWORD, { email, password })).errors[0]?.extensions as
      | { code: string; challenge: string }
      | undefined;
  /** A passkey of somebody, and the recovery codes that came with the first one. */
  const withPasskey = async ({ token }: { token: string }) => {
    const { passkey, answer } = makePasskey(await added(token));
    const reply = await confirm(token, answer, 'my phone');
    expect(reply.errors).toEqual([]);
    return { passkey, answer, codes: reply.data.confirmPasskey.recoveryCodes as string[] };
  };
  const use = async (passkey: Passkey, deviation?: Deviation, token?: string) =>
    usePasskey(passkey, await challenge(token), deviation);
  const tokenIn = (reply: Reply): string =>
    Object.values(reply.data as Record<string, { authentication: { token: string } }>)[0]!.authentication
      .token;
  const noticesOf = async ({ userId }: Person): Promise<string[]> =>
    (await sql('select kind from app_private.account_notices where user_id = $1', userId)).map(
      (row) => row.kind,
    );
  const age = (token: string) =>
    sql(
      `update app_private.user_sessions set proved_at = now() - interval '1 hour' where token_hash = sha256($1::text::bytea)`,
      token,
    );

  describe('sign in', () => {
    it('once one is added, with recovery codes; the password alone does not from then on', async () => {
      const ann = await person();
      const options = await added(ann.token);
      expect(options).toMatchObject({
        rp: { id: 'colloquy.example.org', name: 'Colloquy' },
        attestation: 'none',
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        excludeCredentials: [],
      });
      const elsewhere = await api.ask(BY_PASSWORD, { email: ann.email, password: PASSWORD });
      const { passkey, answer } = makePasskey(options);
      const reply = await confirm(ann.token, answer, ' my phone ');
      expect(reply.data.confirmPasskey.recoveryCodes).toHaveLength(10);
      expect(codeOf(await api.ask(ME, {}, { token: tokenIn(elsewhere) }))).toBe('CQ106');
      expect(await noticesOf(ann)).toContain('passkey_added');
      expect((await byPassword(ann.email))?.code).toBe('CQ140');

      const signed = await signIn(await use(passkey));
      expect(signed.errors).toEqual([]);
      expect(signed.data.signInWithPasskey.authentication.userId).toBe(ann.userId);
      const token = tokenIn(signed);
      expect((await api.ask(ME, {}, { token })).data.currentUser.email).toBe(ann.email);
      expect((await api.ask(LIST, {}, { token })).data.myPasskeys.nodes).toEqual([
        { id: expect.any(String), name: 'my phone', lastUsedAt: expect.any(String), needsPassword: false },
      ]);
      const state = await api.ask('{ secondFactor { isActive recoveryCodesLeft } }', {}, { token });
      expect(state.data.secondFactor).toEqual({ isActive: true, recoveryCodesLeft: 10 });
      // a browser does not make two of one authenticator
      expect(await added(token)).toMatchObject({ excludeCredentials: [{ id: answer.id }] });
      // another one brings no codes
      expect((await withPasskey({ token })).codes).toEqual([]);
    });

    it('as the second factor, and prove who one is', async () => {
      const ann = await person();
      const { passkey } = await withPasskey(ann);
      const pending = (await byPassword(ann.email))!;
      const confirmed = await api.ask(CONFIRM_SIGN_IN, {
        challenge: pending.challenge,
        passkey: await use(passkey),
      });
      const token = tokenIn(confirmed);
      const demand = (whom: string) =>
        sql(`update app_private.settings set value = $1 where name = 'require_second_factor'`, whom);
      await demand('all');
      expect((await api.ask(ME, {}, { token })).errors).toEqual([]);
      await demand('off');
      await age(token);
      expect(codeOf(await api.ask(ADD, {}, { token }))).toBe('CQ142');
      expect(codeOf(await api.ask(PROVE, {}, { token }))).toBe('CQ140');
      const proved = await api.ask(PROVE, { passkey: await use(passkey, {}, token) }, { token });
      expect(proved.errors).toEqual([]);
      expect((await api.ask(ADD, {}, { token })).errors).toEqual([]);
    });

    it('with a code of recovery instead, which counts once', async () => {
      const ann = await person();
      const { codes } = await withPasskey(ann);
      const attempt = async () =>
        api.ask(CONFIRM_SIGN_IN, { challenge: (await byPassword(ann.email))!.challenge, code: codes[0] });
      expect((await attempt()).errors).toEqual([]);
      expect(codeOf(await attempt())).toBe('CQ143');
    });

    it('by a challenge that says nothing of anybody', async () => {
      expect({ ...(await challenge()), challenge: '' }).toEqual({
        challenge: '',
        rpId: 'colloquy.example.org',
        timeout: 300_000,
        userVerification: 'required',
        allowCredentials: [],
      });
    });

    it('where authenticators do not count, again and again', async () => {
      const ann = await person();
      const { passkey } = await withPasskey(ann);
      for (let n = 0; n < 2; n++)
        expect((await signIn(await use(passkey, { counter: 0 }))).errors).toEqual([]);
    });
  });

  describe('are not accepted', () => {
    let ann: Person;
    let passkey: Passkey;
    beforeAll(async () => {
      ann = await person();
      ({ passkey } = await withPasskey(ann));
    });

    it.each<[string, Deviation]>([
      ['of another page', { origin: 'https://evil.example' }],
      ['of another port', { origin: 'https://colloquy.example.org:8443' }],
      ['for another relying party', { rpId: 'evil.example' }],
      ['by who did not open the device', { isVerified: false }],
    ])('%s', async (_, deviation) => {
      expect(codeOf(await signIn(await use(passkey, deviation)))).toBe('CQ148');
      expect(codeOf(await confirm(ann.token, makePasskey(await added(ann.token), deviation).answer))).toBe(
        'CQ148',
      );
    });

    it('twice, also not at once', async () => {
      const answer = await use(passkey);
      const codes = (await Promise.all([signIn(answer), signIn(answer)])).map(codeOf);
      expect(codes.filter((code) => code === undefined)).toHaveLength(1);
      expect(codes).toContain('CQ144');
      expect(codeOf(await signIn(answer))).toBe('CQ144');
    });

    it('with a counter that goes back, or stays', async () => {
      expect((await signIn(await use(passkey, { counter: 1000 }))).errors).toEqual([]);
      for (const counter of [0, 999, 1000])
        expect(codeOf(await signIn(await use(passkey, { counter })))).toBe('CQ148');
      passkey.counter = 1000;
      expect((await signIn(await use(passkey))).errors).toEqual([]);
    });

    it('with a signature of another key, or over something else', async () => {
      const { passkey: copy } = makePasskey(await challenge());
      expect(codeOf(await signIn(await use({ ...copy, id: passkey.id, counter: 5000 })))).toBe('CQ148');
      const [one, other] = [await use(passkey), await use(passkey)];
      const mixed = { ...one, response: { ...one.response, clientDataJSON: other.response.clientDataJSON } };
      expect(codeOf(await signIn(mixed))).toBe('CQ148');
    });

    it('with a challenge that is too old, or of nobody', async () => {
      const answer = await use(passkey);
      await sql('update app_private.passkey_challenges set expires_at = clock_timestamp()');
      expect(codeOf(await signIn(answer))).toBe('CQ144');
      expect(codeOf(await signIn(usePasskey(passkey, { ...(await challenge()), challenge: 'AAAA' })))).toBe(
        'CQ144',
      );
      const { rows } = await api.database
        .pool('worker')
        .query('select app_hidden.clear_expired_tokens() as n');
      expect(rows[0].n).toBeGreaterThan(0);
      expect(await sql('select from app_private.passkey_challenges where expires_at < now()')).toEqual([]);
    });

    it('with a challenge of another session, of a visitor in a session, or of a session by a visitor', async () => {
      const { token } = await person();
      for (const asked of [await challenge(token), await challenge()])
        expect(
          codeOf(await api.ask(PROVE, { passkey: usePasskey(passkey, asked) }, { token: ann.token })),
        ).toBe('CQ144');
      expect(codeOf(await signIn(await use(passkey, {}, ann.token)))).toBe('CQ144');
      expect(codeOf(await confirm(ann.token, makePasskey(await added(token)).answer))).toBe('CQ144');
    });

    it('for another account', async () => {
      const bob = await person();
      const { passkey: his } = await withPasskey(bob);
      const pending = (await byPassword(ann.email))!;
      const crossed = await api.ask(CONFIRM_SIGN_IN, {
        challenge: pending.challenge,
        passkey: await use(his),
      });
      expect(codeOf(crossed)).toBe('CQ143');
      const proof = await use(his, {}, ann.token);
      expect(codeOf(await api.ask(PROVE, { passkey: proof }, { token: ann.token }))).toBe('CQ102');
      // nor is the credential of another taken as one's own
      const taken = makePasskey(await added(bob.token), {}, passkey.id).answer;
      expect(codeOf(await confirm(bob.token, taken))).toBe('CQ148');
      const [node] = (await api.ask(LIST, {}, { token: ann.token })).data.myPasskeys.nodes;
      expect(codeOf(await api.ask(REMOVE, { id: node.id }, { token: bob.token }))).toBe('CQ204');
      const rename = `mutation { renamePasskey(input: { id: "${node.id}", name: "mine" }) { passkey { name } } }`;
      expect(codeOf(await api.ask(rename, {}, { token: bob.token }))).toBe('CQ204');
      expect((await api.ask(rename, {}, { token: ann.token })).data.renamePasskey.passkey.name).toBe('mine');
    });

    it('with certificates, which are not read', async () => {
      const statement = new Map<string, number | Buffer | Buffer[]>([
        ['alg', -7],
        ['sig', Buffer.alloc(70)],
        ['x5c', [Buffer.alloc(40)]],
      ]);
      for (const fmt of ['packed', 'fido-u2f', 'tpm', 'apple', 'android-safetynet']) {
        const attestation = new Map<string, never>([
          ['fmt', fmt as never],
          ['attStmt', statement as never],
        ]);
        const { answer } = makePasskey(await added(ann.token), { attestation });
        expect(codeOf(await confirm(ann.token, answer)), fmt).toBe('CQ148');
      }
    });

    it('when it is no answer of an authenticator, or one of the other kind', async () => {
      const made = makePasskey(await added(ann.token)).answer;
      const used = await use(passkey);
      for (const none of [
        {},
        [],
        'x',
        7,
        { id: 7 },
        { id: used.id, rawId: used.id, type: 'public-key' },
        made,
      ])
        expect(codeOf(await signIn(none as object)), JSON.stringify(none)).toBe('CQ148');
      for (const none of [{}, 'x', { response: {} }, used])
        expect(codeOf(await confirm(ann.token, none as object)), JSON.stringify(none)).toBe('CQ148');
    });

    it('of an account that was switched off', async () => {
      const bob = await person();
      const { passkey: his } = await withPasskey(bob);
      await sql('update app_public.users set is_active = false where id = $1', bob.userId);
      expect(codeOf(await signIn(await use(his)))).toBe('CQ108');
    });

    it('from the database without the word of the API, which no role of requests can give', async () => {
      const asked = usePasskey(passkey, await challenge());
      const client = await api.database.pool('authenticator').connect();
      try {
        await client.query('begin');
        await client.query('set local role colloquy_visitor');
        await client.query('savepoint before');
        for (const [text, values, code] of [
          ['select app_public.sign_in_with_passkey($1)', [JSON.stringify(asked)], 'CQ144'],
          [`select app_hidden.record_passkey('x', '\\x00', 1)`, [], '42501'],
          [`select app_hidden.passkey_public_key('\\x00')`, [], '42501'],
        ] as const) {
          await expect(client.query(text, [...values])).rejects.toMatchObject({ code });
          await client.query('rollback to before');
        }
      } finally {
        await client.query('rollback');
        client.release();
      }
    });
  });

  describe('are removed', () => {
    it('one of several, which ends other sessions and is told by mail; never the last second factor', async () => {
      const ann = await person();
      const [first, second] = [await withPasskey(ann), await withPasskey(ann)];
      const session = tokenIn(await signIn(await use(first.passkey)));
      const [newest, oldest] = (await api.ask(LIST, {}, { token: ann.token })).data.myPasskeys.nodes;
      await age(ann.token);
      expect(codeOf(await api.ask(REMOVE, { id: oldest.id }, { token: ann.token }))).toBe('CQ142');
      await api.ask(PROVE, { passkey: await use(second.passkey, {}, ann.token) }, { token: ann.token });
      expect((await api.ask(REMOVE, { id: oldest.id }, { token: ann.token })).errors).toEqual([]);
      expect(codeOf(await api.ask(ME, {}, { token: session }))).toBe('CQ106');
      expect(await noticesOf(ann)).toContain('passkey_removed');
      expect(codeOf(await signIn(await use(first.passkey)))).toBe('CQ148');
      expect(codeOf(await api.ask(REMOVE, { id: newest.id }, { token: ann.token }))).toBe('CQ155');
      expect((await signIn(await use(second.passkey))).errors).toEqual([]);
    });

    it('all by a recovery code, and then the password is enough', async () => {
      const ann = await person();
      const { passkey, codes } = await withPasskey(ann);
      const removed = await api.ask(DROP, { code: codes[0] }, { token: ann.token });
      expect(removed.errors).toEqual([]);
      expect(codeOf(await signIn(await use(passkey)))).toBe('CQ148');
      expect(await byPassword(ann.email)).toBeUndefined();
      expect(await sql('select from app_private.recovery_codes where user_id = $1', ann.userId)).toEqual([]);
    });

    it('by an administrator, for who lost them', async () => {
      const [ann, admin] = [await person(), await person()];
      await sql(`update app_public.users set role = 'admin' where id = $1`, admin.userId);
      const { passkey } = await withPasskey(ann);
      const lost = `mutation { removeSecondFactorOf(input: { accountId: "${ann.userId}" }) { removed } }`;
      expect((await api.ask(lost, {}, { token: admin.token })).data.removeSecondFactorOf.removed).toBe(true);
      expect(codeOf(await signIn(await use(passkey)))).toBe('CQ148');
      expect(await byPassword(ann.email)).toBeUndefined();
    });
  });

  describe('cannot be added', () => {
    it('without a recent proof, by a key, or by nobody', async () => {
      const { token } = await person();
      const [options, others] = [await added(token), await added(token)];
      const made = await api.ask(
        'mutation { createApiKey(input: { name: "k" }) { newApiKey { secret } } }',
        {},
        { token },
      );
      const key = made.data.createApiKey.newApiKey.secret;
      await age(token);
      for (const [as, code, asked] of [
        [token, 'CQ142', options],
        [key, 'CQ110', others],
      ] as const) {
        expect(codeOf(await api.ask(ADD, {}, { token: as }))).toBe(code);
        expect(codeOf(await confirm(as, makePasskey(asked).answer))).toBe(code);
      }
      // a challenge to prove oneself with, which needs no proof, is not one to add a passkey with
      const asked = { ...(await challenge(token)), rp: options.rp! };
      expect(codeOf(await confirm(token, makePasskey(asked).answer))).toBe('CQ142');
      expect((await api.ask(ADD)).errors).not.toEqual([]);
    });

    it('beyond twenty, or without a name', async () => {
      const { token, userId } = await person();
      await withPasskey({ token });
      await sql(
        `insert into app_private.passkeys (user_id, credential_id, public_key, counter, transports, name)
         select $1, uuid_send(gen_random_uuid()), '\\x00', 0, '{}', 'x' from generate_series(2, 20)`,
        userId,
      );
      expect(codeOf(await confirm(token, makePasskey(await added(token)).answer))).toBe('CQ154');
      expect(codeOf(await confirm(token, makePasskey(await added(token)).answer, ' '))).toBe('CQ200');
    });

    it('two in one operation', async () => {
      const reply = await api.ask(
        'mutation { a: challengePasskey(input: {}) { options } b: challengePasskey(input: {}) { options } }',
      );
      expect(codeOf(reply)).toBe('CQ423');
    });

    it('nor an app beside them by who has the password only', async () => {
      const ann = await person();
      await withPasskey(ann);
      const pending = (await byPassword(ann.email))!;
      const add = `mutation ($challenge: String) { addSecondFactor(input: { challenge: $challenge }) { secondFactor { uri } } }`;
      expect(codeOf(await api.ask(add, { challenge: pending.challenge }))).toBe('CQ145');
      // one that was begun and not confirmed signs nobody in
      const begun = await api.ask(add, {}, { token: ann.token });
      const app = appOf(begun.data.addSecondFactor.secondFactor.uri);
      expect(
        codeOf(await api.ask(CONFIRM_SIGN_IN, { challenge: pending.challenge, code: codeAt(app) })),
      ).toBe('CQ143');
      const confirmed = await api.ask(
        'mutation ($code: String!) { confirmSecondFactor(input: { code: $code }) { recoveryCodes } }',
        { code: codeAt(app) },
        { token: ann.token },
      );
      expect(confirmed.data.confirmSecondFactor.recoveryCodes).toHaveLength(10);
    });
  });

  it('sign in with the new password only after a reset by mail, until they were used with it', async () => {
    const ann = await person();
    const { passkey } = await withPasskey(ann);
    await api.ask(`mutation { requestPasswordReset(input: { email: "${ann.email}" }) { accepted } }`);
    await api.database.pool('worker').query('select app_hidden.answer_account_requests()');
    const [mail] = await sql(
      `select data ->> 'token' as token from app_private.mail_outbox where recipient = $1 and data ? 'token' order by id desc limit 1`,
      ann.email,
    );
    const reset = `mutation { resetPassword(input: { token: "${mail.token}", newPassword: "a new password" }) { changed } }`;
    expect((await api.ask(reset)).errors).toEqual([]);
    expect(codeOf(await signIn(await use(passkey)))).toBe('CQ156');
    const pending = (await byPassword(ann.email, 'a new password'))!;
    expect(pending.code).toBe('CQ140');
    const both = await api.ask(CONFIRM_SIGN_IN, {
      challenge: pending.challenge,
      passkey: await use(passkey),
    });
    expect(both.errors).toEqual([]);
    expect((await signIn(await use(passkey))).errors).toEqual([]);
  });

  it('are refused where the installation does not know its address', async () => {
    const without = await startTestApi({ database: api.database });
    try {
      const { token } = await person();
      const passkey = makePasskey(await added(token)).answer;
      for (const [document, variables, as] of [
        [CHALLENGE, {}, undefined],
        [ADD, {}, token],
        [SIGN_IN, { passkey }, undefined],
        [CONFIRM, { passkey }, token],
      ] as const)
        expect(codeOf(await without.ask(document, variables, { token: as }))).toBe('CQ149');
    } finally {
      await without.api.close();
    }
  });
});
