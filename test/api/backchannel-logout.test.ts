import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
import { readReply, startTestApi, type TestApi } from './support.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const CLIENT = 'a-client';

describeReal('POST /oidc/backchannel-logout', () => {
  let api: TestApi;
  let provider: Provider;
  let key: Key;
  let tokens = 0;

  beforeAll(async () => {
    key = await makeKey('first');
    provider = await startProvider([key.jwk]);
    api = await startTestApi({
      identityProvider: {
        issuer: ISSUER,
        audience: AUDIENCE,
        jwksUrl: provider.url,
        algorithms: ['ES256'],
        authorizedParties: [CLIENT],
      },
    });
  });
  afterAll(async () => {
    await api?.close();
    await provider?.close();
  });

  const sql = async (text: string, ...values: unknown[]) =>
    (await api.database.pool('owner').query(text, values)).rows;
  const access = (sub: string, claims: JWTPayload = {}) =>
    sign(key, { sub, azp: CLIENT, iat: now() - 5, ...claims });
  const logoutToken = (claims: JWTPayload = {}, header: { typ?: string } = { typ: 'logout+jwt' }) =>
    sign(
      key,
      {
        email: undefined,
        aud: CLIENT,
        jti: `logout ${tokens++}`,
        iat: now(),
        exp: now() + 120,
        events: { [EVENT]: {} },
        ...claims,
      },
      header,
    );
  async function post(
    body: string | URLSearchParams,
    { url = api.api.url, ...init }: RequestInit & { url?: string } = {},
  ) {
    const reply = await readReply(
      await fetch(`${url}/oidc/backchannel-logout`, { method: 'POST', body, ...init }),
    );
    return { ...reply, code: reply.errors[0]?.extensions.code };
  }
  const logOut = async (token: string, url?: string) =>
    post(new URLSearchParams({ logout_token: token }), url === undefined ? {} : { url });
  const asks = async (token: string) => (await api.ask('{ currentUser { id } }', {}, { token })).status;

  it('ends the tokens of the person that were issued before, writes it down, and leaves the next one', async () => {
    const [ann, bob] = [await access('ann'), await access('bob')];
    expect([await asks(ann), await asks(bob)]).toEqual([200, 200]);
    const reply = await logOut(await logoutToken({ sub: 'ann' }));
    expect([reply.status, reply.text, reply.headers.get('cache-control')]).toEqual([200, '', 'no-store']);
    expect([await asks(ann), await asks(bob)]).toEqual([401, 200]);
    expect(await asks(await access('ann', { iat: now() + 2 }))).toBe(200);
    expect(
      await sql(
        `select a.action from app_public.audit_logs a join app_private.user_identities i on i.user_id = a.user_id
         where i.subject = 'ann' and a.action = 'user.signed_out'`,
      ),
    ).toEqual([{ action: 'user.signed_out' }]);
  });

  it('ends the session that it names, whenever its tokens were issued, and no other of the person', async () => {
    const here = await access('cy', { sid: 'here' });
    const there = await access('cy', { sid: 'there' });
    expect([await asks(here), await asks(there)]).toEqual([200, 200]);
    expect((await logOut(await logoutToken({ sub: undefined as never, sid: 'here' }))).status).toBe(200);
    expect([await asks(here), await asks(there)]).toEqual([401, 200]);
    expect(await asks(await access('cy', { sid: 'here', iat: now() + 2 }))).toBe(401);
    // nor does a person come to an account by it
    expect(await asks(await access('new', { sid: 'here' }))).toBe(401);
    expect(await sql(`select from app_private.user_identities where subject = 'new'`)).toEqual([]);
  });

  it('ends both, where it names a person and a session: not every token says to which session it belongs', async () => {
    const plain = await access('dee');
    expect(await asks(plain)).toBe(200);
    expect((await logOut(await logoutToken({ sub: 'dee', sid: 'of dee' }))).status).toBe(200);
    expect(await asks(plain)).toBe(401);
    expect(await asks(await access('dee', { sid: 'of dee', iat: now() + 2 }))).toBe(401);
    expect(await asks(await access('dee', { iat: now() + 2 }))).toBe(200);
  });

  it('says nothing of whether the person is known, and takes the types of older providers', async () => {
    for (const typ of ['logout+jwt', 'application/logout+jwt', 'JWT', undefined]) {
      const reply = await logOut(
        await logoutToken({ sub: 'nobody', aud: AUDIENCE }, typ === undefined ? {} : { typ }),
      );
      expect([reply.status, reply.text], typ).toEqual([200, '']);
    }
  });

  it('takes no token twice (CQ792), also of several at once', async () => {
    const token = await logoutToken({ sub: 'eve' });
    const later = await access('eve', { iat: now() + 2 });
    const replies = await Promise.all([1, 2, 3, 4].map(() => logOut(token)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
    expect(replies.filter(({ code }) => code === 'CQ792')).toHaveLength(3);
    expect(await asks(later)).toBe(200);
  });

  describe('refuses with CQ791, and ends nothing for', () => {
    const bad: [string, () => Promise<string>][] = [
      ['an access token', () => access('fay', { jti: 'x' })],
      ['a nonce', () => logoutToken({ sub: 'fay', nonce: 'n' })],
      ['no event', () => logoutToken({ sub: 'fay', events: undefined })],
      ['another event', () => logoutToken({ sub: 'fay', events: { 'http://example.org/other': {} } })],
      ['an event that is no object', () => logoutToken({ sub: 'fay', events: { [EVENT]: true } })],
      ['events in a list', () => logoutToken({ sub: 'fay', events: [EVENT] })],
      ['no name', () => logoutToken({ sub: 'fay', jti: undefined as never })],
      ['neither person nor session', () => logoutToken({ sub: undefined as never })],
      ['a session that cannot be read', () => logoutToken({ sub: 'fay', sid: 7 })],
      ['a person that cannot be read', () => logoutToken({ sub: ['fay'] as never, sid: 's' })],
      ['another client', () => logoutToken({ sub: 'fay', aud: 'another' })],
      ['another issuer', () => logoutToken({ sub: 'fay', iss: 'https://other.example.org' })],
      ['no expiry', () => logoutToken({ sub: 'fay', exp: undefined as never })],
      ['an expiry that has passed', () => logoutToken({ sub: 'fay', iat: now() - 300, exp: now() - 60 })],
      ['a life longer than what is remembered', () => logoutToken({ sub: 'fay', exp: now() + 86_500 })],
      ['a time to come', () => logoutToken({ sub: 'fay', iat: now() + 100 })],
      ['no time', () => logoutToken({ sub: 'fay', iat: undefined as never })],
      ['another type', () => logoutToken({ sub: 'fay' }, { typ: 'at+jwt' })],
      ['a key of somebody else', async () => sign({ ...(await makeKey('first')) }, { sub: 'fay' })],
      ['something else', async () => 'a.b.c'],
      ['nothing', async () => ''],
      ['much', async () => 'x'.repeat(9_000)],
    ];
    it.each(bad)('%s', async (_, make) => {
      const token = await access('fay');
      expect(await asks(token)).toBe(200);
      const reply = await logOut(await make());
      expect([reply.status, reply.code]).toEqual([400, 'CQ791']);
      expect(JSON.parse(reply.text)).toMatchObject({
        error: 'invalid_request',
        error_description: expect.any(String),
      });
      expect(await asks(token)).toBe(200);
    });

    it('what is no form, several tokens, another method, and a body without end', async () => {
      const token = await logoutToken({ sub: 'fay' });
      const asJson = await post(JSON.stringify({ logout_token: token }), {
        headers: { 'content-type': 'application/json' },
      });
      expect([asJson.status, asJson.code]).toEqual([400, 'CQ791']);
      const twice = new URLSearchParams([
        ['logout_token', token],
        ['logout_token', token],
      ]);
      expect((await post(twice)).code).toBe('CQ791');
      const got = await fetch(`${api.api.url}/oidc/backchannel-logout?logout_token=${token}`);
      expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
      const large = await post(new URLSearchParams({ logout_token: 'x'.repeat(1e6) }));
      expect([large.status, large.code]).toEqual([413, 'CQ413']);
    });
  });

  it('says to try again when keys cannot be had, and counts what is no good like attempts to sign in, and the rest not', async () => {
    const other = await startProvider([key.jwk]);
    other.state.answer = (_, response) => response.writeHead(500).end();
    const there = await startTestApi({
      database: api.database,
      limits: { store: 'memory', changes: new Map([['sign_in.address', { points: 2, seconds: 60 }]]) },
      identityProvider: {
        issuer: ISSUER,
        audience: CLIENT,
        jwksUrl: other.url,
        algorithms: ['ES256'],
        cooldown: 0,
      },
    });
    try {
      const token = await logoutToken({ sub: 'gus' });
      const reply = await logOut(token, there.api.url);
      expect([reply.status, reply.code, reply.headers.has('retry-after')]).toEqual([503, 'CQ503', true]);
      other.state.answer = undefined;
      expect((await logOut(token, there.api.url)).status).toBe(200);

      const good = async () => (await logOut(await logoutToken({ sub: 'hal' }), there.api.url)).status;
      const bad = async () => (await logOut('a.b.c', there.api.url)).code;
      expect([await good(), await good(), await good()]).toEqual([200, 200, 200]);
      expect([await bad(), await bad(), await bad()]).toEqual(['CQ791', 'CQ791', 'CQ430']);
      expect(await good()).toBe(200);
    } finally {
      await there.api.close();
      await other.close();
    }
  });
});
