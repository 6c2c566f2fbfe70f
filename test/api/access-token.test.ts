import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdentityProvider } from '../../api/access-token.ts';
import {
  AUDIENCE,
  ISSUER,
  type Key,
  makeKey,
  now,
  type Provider,
  sign,
  startProvider,
} from '../support/identity-provider.ts';
import { describeReal } from '../support/server.ts';
import { codeOf, type Reply, register, startTestApi, type TestApi } from './support.ts';

const ME = '{ currentUser { id } }';
const DAY = 86_400;

describeReal('a signed token', () => {
  let api: TestApi;
  let provider: Provider;
  let key: Key;
  const others: TestApi[] = [];

  const options = (more: Partial<IdentityProvider> = {}): IdentityProvider => ({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwksUrl: provider.url,
    algorithms: ['ES256'],
    ...more,
  });
  beforeAll(async () => {
    key = await makeKey('first');
    provider = await startProvider([key.jwk]);
    api = await startTestApi({ identityProvider: options() });
  });
  afterAll(async () => {
    for (const other of others) await other.api.close();
    await api?.close();
    await provider?.close();
  });

  const result = (reply: Reply) => [reply.status, codeOf(reply)];
  const sql = async (text: string, ...values: unknown[]) =>
    (await api.database.pool('owner').query(text, values)).rows;
  /** An API with other settings, for the same database. */
  async function withSettings(more: Partial<IdentityProvider>): Promise<TestApi> {
    const other = await startTestApi({ database: api.database, identityProvider: options(more) });
    others.push(other);
    return other;
  }
  const REFUSED = [401, 'CQ106'];

  describe('gives access', () => {
    const types: [string | undefined, boolean][] = [
      [undefined, true],
      ['JWT', true],
      ['at+jwt', true],
      ['application/at+jwt', true],
      ['AT+JWT', true],
      ['logout+jwt', false],
      ['dpop+jwt', false],
      ['secevent+jwt', false],
      ['', false],
    ];
    it.each(types)('by its type %s: %s', async (typ, isGood) => {
      const reply = await api.ask(ME, {}, { token: await sign(key, {}, typ === undefined ? {} : { typ }) });
      expect(result(reply)).toEqual(isGood ? [200, undefined] : REFUSED);
    });

    const claims: [string, () => JWTPayload, boolean][] = [
      ['its use is access', () => ({ token_use: 'access' }), true],
      ['its use is to identify', () => ({ token_use: 'id' }), false],
      ['its use is another', () => ({ token_use: 'refresh' }), false],
      ['it has a nonce', () => ({ nonce: 'n' }), false],
      ['it has the hash of an access token', () => ({ at_hash: 'h' }), false],
      [
        'it tells of an event',
        () => ({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
        false,
      ],
      ['it names any client', () => ({ azp: 'anybody' }), true],
      ['it was issued a little ahead', () => ({ iat: now() + 10 }), true],
      ['it was issued a day ahead', () => ({ iat: now() + DAY, exp: now() + DAY + 60 }), false],
      ['it lives for a day', () => ({ iat: now() - 60, exp: now() - 60 + DAY }), true],
      ['it lives for longer', () => ({ iat: now() - 60, exp: now() - 58 + DAY }), false],
      ['it lives for ten years', () => ({ exp: now() + 3650 * DAY }), false],
    ];
    it.each(claims)('when %s: %#', async (_, make, isGood) => {
      const reply = await api.ask(ME, {}, { token: await sign(key, make()) });
      expect(result(reply)).toEqual(isGood ? [200, undefined] : REFUSED);
    });

    it('to the clients that the settings name, and no other', async () => {
      const strict = await withSettings({ authorizedParties: ['app', 'cli'], maxLifetime: 600 });
      const ask = async (more: JWTPayload) =>
        result(await strict.ask(ME, {}, { token: await sign(key, more) }));
      expect(await ask({ azp: 'app' })).toEqual([200, undefined]);
      expect(await ask({ client_id: 'cli' })).toEqual([200, undefined]);
      expect(await ask({ azp: 'other', client_id: 'app' })).toEqual(REFUSED);
      for (const azp of [undefined, '', 'App', ['app'], 5])
        expect(await ask({ azp }), String(azp)).toEqual(REFUSED);
      expect(await ask({ azp: 'app', exp: now() + 700 })).toEqual(REFUSED);
    });

    it('as an ID token only where the settings say so', async () => {
      const lax = await withSettings({ acceptIdTokens: true });
      for (const more of [{ nonce: 'n', at_hash: 'h' }, { token_use: 'id' }])
        expect(result(await lax.ask(ME, {}, { token: await sign(key, more) }))).toEqual([200, undefined]);
      expect(result(await lax.ask(ME, {}, { token: await sign(key, {}, { typ: 'logout+jwt' }) }))).toEqual(
        REFUSED,
      );
    });
  });

  const mutate = (token: string | undefined, call: string) => api.ask(`mutation { ${call} }`, {}, { token });
  const createKey = async (token: string, more = '') =>
    (
      await mutate(
        token,
        `createApiKey(input: { name: "k"${more} }) { newApiKey { apiKeyId secret expiresAt } }`,
      )
    ).data?.createApiKey?.newApiKey;

  it('ends with signOut, like all that were issued before; one that is issued later works', async () => {
    const issued = (iat: number) => sign(key, { sub: 'leaver', iat });
    const [first, second, stranger] = [
      await issued(now() - 50),
      await issued(now() - 20),
      await sign(key, { sub: 'stayer', iat: now() - 50 }),
    ];
    for (const token of [first, second, stranger])
      expect((await api.ask(ME, {}, { token })).status).toBe(200);
    expect((await mutate(first, 'signOut(input: {}) { signedOut }')).data.signOut).toEqual({
      signedOut: true,
    });
    for (const token of [first, second]) expect(result(await api.ask(ME, {}, { token }))).toEqual(REFUSED);
    expect((await api.ask(ME, {}, { token: stranger })).status).toBe(200);
    expect((await api.ask(ME, {}, { token: await issued(now() + 2) })).status).toBe(200);
    expect(
      await sql(
        `select a.action from app_public.audit_logs a join app_public.users u on u.id = a.user_id
         where u.email = 'leaver@example.org' and a.action = 'user.signed_out'`,
      ),
    ).toEqual([{ action: 'user.signed_out' }]);
  });

  it('ends when the provider says so', async () => {
    const token = await sign(key, { sub: 'logged-out' });
    expect((await api.ask(ME, {}, { token })).status).toBe(200);
    const end = async (subject: string) =>
      (
        await api.database
          .pool('authenticator')
          .query('select app_hidden.end_identity($1, $2) as known', [ISSUER, subject])
      ).rows[0].known;
    expect([await end('logged-out'), await end('nobody-known')]).toEqual([true, false]);
    expect(result(await api.ask(ME, {}, { token }))).toEqual(REFUSED);
  });

  it('makes keys that end after 90 days, that rest while the person is not seen, and that its end revokes', async () => {
    const token = await sign(key, { sub: 'coder' });
    const { secret, expiresAt, apiKeyId } = await createKey(token);
    const days = (new Date(expiresAt).getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89);
    expect(days).toBeLessThan(91);
    const far = `, expiresAt: "${new Date(Date.now() + 100 * 86_400_000).toISOString()}"`;
    expect(
      codeOf(await mutate(token, `createApiKey(input: { name: "k"${far} }) { newApiKey { secret } }`)),
    ).toBe('CQ123');
    const works = async () => (await api.ask(ME, {}, { token: secret })).status === 200;
    expect(await works()).toBe(true);
    await sql(
      `update app_private.user_identities set last_seen_at = now() - interval '31 days' where subject = 'coder'`,
    );
    expect(await works()).toBe(false);
    // the provider vouches for the person again
    expect((await api.ask(ME, {}, { token })).status).toBe(200);
    expect(await works()).toBe(true);

    const user = (await api.ask(ME, {}, { token })).data.currentUser.id;
    const administrator = await register(api, 'administrator@example.org');
    const end = (by: string | undefined) => mutate(by, `endIdentity(input: { userId: "${user}" }) { ended }`);
    expect(codeOf(await end(token))).toBe('CQ121');
    expect(codeOf(await end(undefined))).toMatch(/CQ101|CQ403/);
    expect(codeOf(await end(administrator.token))).toBe('CQ121');
    await sql(`update app_public.users set role = 'admin' where id = $1`, administrator.userId);
    expect((await end(administrator.token)).data.endIdentity).toEqual({ ended: 1 });
    expect(result(await api.ask(ME, {}, { token }))).toEqual(REFUSED);
    expect(await works()).toBe(false);
    expect(await sql('select is_active from app_public.api_keys where id = $1', apiKeyId)).toEqual([
      { is_active: false },
    ]);
    expect(
      codeOf(
        await mutate(
          administrator.token,
          `endIdentity(input: { userId: "${administrator.userId}" }) { ended }`,
        ),
      ),
    ).toBe('CQ204');
    // a key of a session has no such end
    const plain = await createKey((await register(api, 'plain@example.org')).token);
    expect(plain.expiresAt).toBeNull();
  });
});
