import { createPublicKey } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { base64url, exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
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
import { until } from '../support/users.ts';
import { codeOf, type Reply, register, startTestApi, type TestApi } from './support.ts';

const ME = '{ currentUser { id email displayName isEmailVerified } }';

describeReal('an outside identity provider', () => {
  let api: TestApi;
  let provider: Provider;
  let key: Key;
  let rsa: Key;

  beforeAll(async () => {
    [key, rsa] = await Promise.all([makeKey('first'), makeKey('rsa', 'RS256')]);
    provider = await startProvider([key.jwk, rsa.jwk]);
    api = await startTestApi({
      identityProvider: {
        issuer: ISSUER,
        audience: AUDIENCE,
        jwksUrl: provider.url,
        algorithms: ['RS256', 'ES256'],
      },
    });
  });
  afterAll(async () => {
    await api?.close();
    await provider?.close();
  });

  const ask = async (token: string, headers: Record<string, string> = {}): Promise<Reply> =>
    api.ask(ME, {}, { token, headers });
  const result = (reply: Reply) => [reply.status, codeOf(reply)];
  const sql = async (text: string, ...values: unknown[]) =>
    (await api.database.pool('owner').query(text, values)).rows;

  it('knows a person from its first token on, and gives it a workspace of its own', async () => {
    const auth_time = now() - 100;
    const claims = { sub: 'ada', auth_time, email: 'Ada@example.org', email_verified: true, name: 'Ada' };
    const first = await ask(await sign(key, claims));
    expect(first.data.currentUser).toMatchObject({
      email: 'Ada@example.org',
      displayName: 'Ada',
      isEmailVerified: true,
    });
    const { id } = first.data.currentUser;
    // with another key, another address, and no name
    const again = await ask(await sign(rsa, { sub: 'ada', auth_time, email: 'other@example.org' }));
    expect(again.data.currentUser).toMatchObject({ id, email: 'Ada@example.org' });

    expect(
      await sql(
        `select m.role, w.is_personal from app_public.workspace_members m join app_public.workspaces w on w.id = m.workspace_id where m.user_id = $1`,
        id,
      ),
    ).toEqual([{ role: 'owner', is_personal: true }]);
    const start = await api.ask(
      'mutation { startConversation(input: {}) { conversation { ownerId } } }',
      {},
      { token: await sign(key, claims) },
    );
    expect(start.data.startConversation.conversation.ownerId).toBe(id);
    expect(
      await sql(
        `select action, host(ip) as ip, request_id is not null as has_request, new_values ->> 'issuer' as issuer
         from app_public.audit_logs where user_id = $1 and workspace_id is null order by id`,
        id,
      ),
    ).toEqual(
      ['user.registered', 'user.signed_in'].map((action) => ({
        action,
        ip: '127.0.0.1',
        has_request: true,
        issuer: ISSUER,
      })),
    );
  });

  it('writes down a sign-in for a token of a later one, and none for the same or an older', async () => {
    const signIns = async () =>
      (
        await sql(`select count(*)::int as n from app_public.audit_logs a join app_public.users u on u.id = a.user_id
        where u.email = 'often@example.org' and a.action = 'user.signed_in'`)
      )[0].n;
    const at = (auth_time: number) => sign(key, { sub: 'often', auth_time });
    const time = now() - 1000;
    for (const [token, expected] of [
      [await at(time), 1],
      [await at(time), 1],
      [await at(time + 100), 2],
      [await at(time + 50), 2],
      [await at(time + 100), 2],
    ] as const) {
      expect((await ask(token)).status).toBe(200);
      expect(await signIns()).toBe(expected);
    }
    const later = await at(time + 200);
    await Promise.all([later, later, later, later].map((token) => ask(token)));
    expect(await signIns()).toBe(3);
    // a time to come is now
    expect((await ask(await sign(key, { sub: 'often', auth_time: now() + 1e9 }))).status).toBe(200);
    expect(await signIns()).toBe(4);
  });

  it('makes one account of several first requests', async () => {
    const token = await sign(key, { sub: 'eager' });
    const replies = await Promise.all(Array.from({ length: 12 }, () => ask(token)));
    expect(new Set(replies.map((reply) => reply.data?.currentUser?.id)).size).toBe(1);
    expect(replies.map((reply) => reply.status)).toEqual(replies.map(() => 200));
    expect(
      await sql(`select count(*)::int as users, sum((select count(*)::int from app_private.user_identities i where i.user_id = u.id))::int as identities,
        sum((select count(*)::int from app_public.workspace_members m where m.user_id = u.id))::int as workspaces
        from app_public.users u where u.email = 'eager@example.org'`),
    ).toEqual([{ users: 1, identities: 1, workspaces: 1 }]);
  });

  describe('refuses', () => {
    const bad: [string, () => Promise<string>][] = [
      ['another issuer', () => sign(key, { iss: 'https://other.example.org' })],
      ['no issuer', () => sign(key, { iss: undefined as never })],
      ['another audience', () => sign(key, { aud: 'other' })],
      ['other audiences', () => sign(key, { aud: ['other', 'more'] })],
      ['no audience', () => sign(key, { aud: undefined as never })],
      ['a token that expired', () => sign(key, { exp: now() - 60 })],
      ['a token that never expires', () => sign(key, { exp: undefined as never })],
      ['an expiry that is no number', () => sign(key, { exp: 'never' as never })],
      ['a token of the future', () => sign(key, { nbf: now() + 120 })],
      ['a token that was issued at no time', () => sign(key, { iat: undefined as never })],
      ['no subject', () => sign(key, { sub: undefined as never })],
      ['an empty subject', () => sign(key, { sub: '' })],
      ['a subject with NUL', () => sign(key, { sub: 'a\0b', email: 'nul@example.org' })],
      ['a subject with half a character', () => sign(key, { sub: 'a\ud800', email: 'half@example.org' })],
      ['a subject of 256 characters', () => sign(key, { sub: 'x'.repeat(256), email: 'x@example.org' })],
      ['a subject that is a number', () => sign(key, { sub: 7 as never })],
      [
        'no signature',
        async () =>
          new UnsecuredJWT({ sub: 'ada' })
            .setIssuer(ISSUER)
            .setAudience(AUDIENCE)
            .setExpirationTime('5m')
            .encode(),
      ],
      ['a key that the provider does not have', async () => sign(await makeKey('first'))],
      ['a key of another name', async () => sign({ ...key, kid: 'unknown' })],
      ['an algorithm that is not allowed', async () => sign({ ...(await makeKey('first', 'ES384')) })],
      [
        'changed claims',
        async () => {
          const [head, , signature] = (await sign(key)).split('.');
          const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', exp: now() + 300 };
          return `${head}.${base64url.encode(JSON.stringify(claims))}.${signature}`;
        },
      ],
      ['half a token', async () => (await sign(key)).slice(0, 100)],
      ['something with dots', async () => 'a.b.c'],
      ['a token of 9,000 characters', () => sign(key, { filler: 'x'.repeat(7000) })],
    ];
    it.each(bad)('%s', async (_, make) => {
      const before = await sql('select count(*) from app_public.users');
      expect(result(await ask(await make()))).toEqual([401, 'CQ106']);
      expect(await sql('select count(*) from app_public.users')).toEqual(before);
    });

    it('the public key as a secret', async () => {
      const secrets = [
        Buffer.from(await exportSPKI(rsa.public)),
        Buffer.from(JSON.stringify(rsa.jwk)),
        createPublicKey({ key: await exportSPKI(rsa.public) }).export({ type: 'spki', format: 'der' }),
      ];
      for (const secret of secrets) {
        const token = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'ada', exp: now() + 300 })
          .setProtectedHeader({ alg: 'HS256', kid: rsa.kid })
          .sign(secret);
        expect(result(await ask(token))).toEqual([401, 'CQ106']);
      }
    });

    it('a server that has no provider', async () => {
      const plain = await startTestApi({ database: api.database });
      try {
        const reply = await plain.ask(ME, {}, { token: await sign(key) });
        expect(result(reply)).toEqual([401, 'CQ106']);
        const logout = await fetch(`${plain.api.url}/oidc/backchannel-logout`, { method: 'POST' });
        expect(logout.status).toBe(404);
      } finally {
        await plain.api.close();
      }
    });

    it('an account that is switched off, at once', async () => {
      const token = await sign(key, { sub: 'gone' });
      expect((await ask(token)).status).toBe(200);
      await sql(`update app_public.users set is_active = false where email = 'gone@example.org'`);
      expect(result(await ask(token))).toEqual([403, 'CQ108']);
    });
  });

  it('takes a clock that is a little wrong, and claims that are of no use', async () => {
    expect((await ask(await sign(key, { exp: now() - 10, nbf: now() + 10 }))).status).toBe(200);
    const odd = {
      sub: 'odd',
      name: 'O\0\ud800'.padEnd(5000, 'o'),
      auth_time: 'noon',
      email_verified: 'no',
    };
    const reply = await ask(await sign(key, odd as never));
    expect(reply.data.currentUser.displayName).toMatch(/^O\ufffdo+$/);
    expect(reply.data.currentUser.isEmailVerified).toBe(false);
  });

  it('gives no account without an address (CQ119)', async () => {
    for (const email of [undefined, '', 'nothing', 'a\0@example.org', 5, `${'x'.repeat(300)}@example.org`])
      expect(result(await ask(await sign(key, { sub: 'nobody', email })))).toEqual([403, 'CQ119']);
    expect(await sql(`select from app_private.user_identities where subject = 'nobody'`)).toEqual([]);
  });

  it('joins an account only when both sides have proved the address', async () => {
    const join = async (sub: string, here: boolean, there: boolean) => {
      const account = await register(api, `${sub}@example.org`);
      await sql('update app_public.users set is_email_verified = $2 where id = $1', account.userId, here);
      const reply = await ask(
        await sign(key, { sub, email: `${sub.toUpperCase()}@example.org`, email_verified: there }),
      );
      return { ...account, reply };
    };
    for (const [sub, here, there] of [
      ['neither', false, false],
      ['here', true, false],
      ['there', false, true],
    ] as const) {
      const { reply } = await join(sub, here, there);
      expect(result(reply)).toEqual([403, 'CQ119']);
      expect(await sql('select from app_private.user_identities where subject = $1', sub)).toEqual([]);
    }
    const both = await join('both', true, true);
    expect(both.reply.data.currentUser.id).toBe(both.userId);
    expect(
      await sql(
        `select action from app_public.audit_logs where user_id = $1 and action like 'user.identity%'`,
        both.userId,
      ),
    ).toEqual([{ action: 'user.identity_linked' }]);
    expect(
      (
        await sql(
          'select count(*)::int as n from app_public.workspace_members where user_id = $1',
          both.userId,
        )
      )[0].n,
    ).toBe(1);

    const off = await register(api, 'off@example.org');
    await sql(
      'update app_public.users set is_email_verified = true, is_active = false where id = $1',
      off.userId,
    );
    expect(result(await ask(await sign(key, { sub: 'off', email_verified: true })))).toEqual([403, 'CQ108']);
    expect(await sql(`select from app_private.user_identities where subject = 'off'`)).toEqual([]);
  });

  it('lets who reads an address take it back from who only stated it', async () => {
    const { id } = (await ask(await sign(key, { sub: 'squatter', email: 'owned@example.org' }))).data
      .currentUser;
    await api.ask(
      'mutation { requestPasswordReset(input: { email: "owned@example.org" }) { clientMutationId } }',
    );
    await sql('select app_hidden.answer_account_requests()');
    const [mail] = await sql(
      `select data ->> 'token' as token from app_private.mail_outbox where recipient = 'owned@example.org'`,
    );
    const reset = await api.ask(
      'mutation ($token: String!) { resetPassword(input: { token: $token, newPassword: "a new password" }) { clientMutationId } }',
      { token: mail.token },
    );
    expect(reset.errors).toEqual([]);
    expect(result(await ask(await sign(key, { sub: 'squatter', email: 'owned@example.org' })))).toEqual([
      403,
      'CQ119',
    ]);
    const owner = await ask(
      await sign(key, { sub: 'owner', email: 'owned@example.org', email_verified: true }),
    );
    expect(owner.data.currentUser.id).toBe(id);
  });

  it('lets a person choose its workspace, and nobody else', async () => {
    const { workspaceId, userId } = await register(api, 'team@example.org');
    const token = await sign(key, { sub: 'guest' });
    expect(result(await ask(token, { 'x-workspace-id': workspaceId }))).toEqual([403, 'CQ107']);
    const { id } = (await ask(token)).data.currentUser;
    await sql(`update app_public.workspaces set is_personal = false where id = $1`, workspaceId);
    await sql(
      `insert into app_public.workspace_members (workspace_id, user_id, role) values ($1, $2, 'viewer')`,
      workspaceId,
      id,
    );
    const there = await api.ask(
      '{ workspaceMemberNames { nodes { userId } } }',
      {},
      { token, headers: { 'x-workspace-id': workspaceId } },
    );
    expect(
      there.data.workspaceMemberNames.nodes.map((node: { userId: string }) => node.userId).sort(),
    ).toEqual([userId, id].sort());
    const post = await api.ask(
      'mutation { startConversation(input: {}) { conversation { id } } }',
      {},
      { token, headers: { 'x-workspace-id': workspaceId } },
    );
    expect(codeOf(post)).toBe('CQ109');
  });

  describe('and its keys', () => {
    /** An API for the same database, with a provider that belongs to one test. */
    async function withProvider<T>(
      options: { cooldown?: number; timeout?: number },
      work: (all: { provider: Provider; ask: (token: string) => Promise<Reply> }) => Promise<T>,
    ): Promise<T> {
      const own = await startProvider([key.jwk]);
      const other = await startTestApi({
        database: api.database,
        identityProvider: {
          issuer: ISSUER,
          audience: AUDIENCE,
          jwksUrl: own.url,
          algorithms: ['ES256'],
          ...options,
        },
      });
      try {
        return await work({ provider: own, ask: (token) => other.ask(ME, {}, { token }) });
      } finally {
        await other.api.close();
        await own.close();
      }
    }

    it('are fetched once, and again when a key was rotated', async () => {
      await withProvider({ cooldown: 0 }, async ({ provider: own, ask: askIt }) => {
        const token = await sign(key);
        await Promise.all([askIt(token), askIt(token), askIt(token)]);
        expect((await askIt(token)).status).toBe(200);
        expect(own.state.fetches).toBe(1);
        const next = await makeKey('next');
        own.state.keys = [next.jwk];
        expect((await askIt(await sign(next))).status).toBe(200);
        expect(own.state.fetches).toBe(2);
        // the old one is gone with that
        expect(result(await askIt(token))).toEqual([401, 'CQ106']);
      });
    });

    it('are not asked for by every token with an unknown key, nor by one of somebody else', async () => {
      await withProvider({}, async ({ provider: own, ask: askIt }) => {
        const stranger = await makeKey('first');
        expect(result(await askIt(await sign(stranger, { iss: 'https://other.example.org' })))).toEqual([
          401,
          'CQ106',
        ]);
        expect(result(await askIt(await sign(await makeKey('first', 'RS256'))))).toEqual([401, 'CQ106']);
        expect(own.state.fetches).toBe(0);
        const tokens = await Promise.all(
          Array.from({ length: 20 }, (_, n) => sign({ ...stranger, kid: `key ${n}` })),
        );
        for (const reply of await Promise.all(tokens.map(askIt)))
          expect(result(reply)).toEqual([401, 'CQ106']);
        expect(own.state.fetches).toBe(1);
      });
    });

    const broken: [string, RequestListener][] = [
      ['an error', (_, response) => response.writeHead(500).end('no')],
      ['a redirect', (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
      ['no JSON', (_, response) => response.end('<html>')],
      ['no keys', (_, response) => response.end('{"hello": 1}')],
      ['too much', (_, response) => response.end(JSON.stringify({ keys: [], filler: 'x'.repeat(300_000) }))],
      ['nothing at all', () => {}],
      ['a beginning and no end', (_, response) => response.write('{"keys": [')],
      ['a closed connection', (request) => request.socket.destroy()],
    ];
    it.each(broken)('cannot be had (CQ503) when the provider answers with %s', async (_, answer) => {
      await withProvider({ cooldown: 0, timeout: 5_000 }, async ({ provider: own, ask: askIt }) => {
        own.state.answer = answer;
        const token = await sign(key);
        const reply = await askIt(token);
        expect(result(reply)).toEqual([503, 'CQ503']);
        expect(reply.errors[0]?.message).toBe('The identity provider does not answer.');
        expect(reply.text).not.toMatch(/127\.0\.0\.1|jwks|keys/);
        own.state.answer = undefined;
        expect((await askIt(token)).status).toBe(200);
      });
    });

    it('are waited for by one request, not by all, while the provider is away', async () => {
      await withProvider({ timeout: 5_000 }, async ({ provider: own, ask: askIt }) => {
        own.state.answer = () => {};
        const token = await sign(key);
        for (let n = 0; n < 5; n += 1) expect(result(await askIt(token))).toEqual([503, 'CQ503']);
        expect(own.state.fetches).toBe(1);
        own.state.answer = undefined;
        await until(async () => (await askIt(token)).status === 200);
        expect(own.state.fetches).toBe(2);
      });
    });
  });
});
