import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostCheck } from '../../../api/http/hosts.ts';
import { log } from '../../../lib/log.ts';
import { readProxies } from '../../../lib/proxies.ts';
import { describeReal } from '../../support/server.ts';
import { type Account, codeOf, readReply, register, startTestApi, type TestApi } from '../support.ts';

const APP = 'https://app.example.org';

describeReal('the door', () => {
  let plain: TestApi;
  let open: TestApi;
  let ada: Account;
  const others: TestApi[] = [];

  beforeAll(async () => {
    plain = await startTestApi();
    ada = await register(plain, 'ada@example.org');
    open = await also({
      development: true,
      corsOrigins: [APP, 'http://localhost:3000'],
      publicUrl: 'https://colloquy.example.org',
      allowedHosts: ['api.internal', '*.example.net'],
    });
  });
  afterAll(async () => {
    for (const other of others) await other.api.close();
    await plain?.close();
  });

  async function also(options: Parameters<typeof startTestApi>[0]): Promise<TestApi> {
    const other = await startTestApi({ database: plain.database, ...options });
    others.push(other);
    return other;
  }

  /** What fetch does not let be sent: a Host of one's own. */
  function raw(
    { api }: TestApi,
    path: string,
    options: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; headers: Headers; code: string | undefined }> {
    return new Promise((resolve, reject) => {
      request(`${api.url}${path}`, options, async (response) => {
        const chunks = await response.toArray();
        const text = Buffer.concat(chunks).toString();
        const code = text.startsWith('{') ? JSON.parse(text).errors?.[0].extensions.code : undefined;
        resolve({
          status: response.statusCode!,
          headers: new Headers(response.headers as Record<string, string>),
          code,
        });
      })
        .on('error', reject)
        .end();
    });
  }

  const get = (api: TestApi, path: string, headers = {}) => raw(api, path, { headers });

  it.each(['/healthz', '/readyz', '/graphql', '/nowhere'])(
    'tells browsers to do nothing with %s',
    async (path) => {
      const { headers } = await get(plain, path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('keeps GraphiQL to itself: nothing is loaded from elsewhere, and nobody frames it', async () => {
    const page = await fetch(`${open.api.url}/`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/https?:|\*/);
    const loaded = [...(await page.text()).matchAll(/<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"/g)];
    expect(loaded.length).toBeGreaterThan(1);
    for (const [, address] of loaded) expect(address).toMatch(/^(\/|data:)/);
  });

  it('has browsers come by https only where they did, as the public URL or a trusted proxy says', async () => {
    const hsts = async (api: TestApi, headers = {}) =>
      (await get(api, '/healthz', headers)).headers.get('strict-transport-security');
    const https = { 'x-forwarded-proto': 'https' };
    const behind = await also({ trustedProxies: readProxies('loopback') });
    expect(await hsts(open)).toBe('max-age=31536000');
    expect(await hsts(behind, https)).toBe('max-age=31536000');
    expect(await hsts(behind)).toBeNull();
    expect(await hsts(plain, https)).toBeNull();
  });

  it('answers on loopback under its own names only, and its health under all', async () => {
    const status = async (api: TestApi, host: string, path = '/graphql?query={__typename}') => {
      const reply = await get(api, path, { host });
      return reply.code ?? reply.status;
    };
    for (const host of [
      'localhost:5678',
      'LOCALHOST',
      'app.localhost',
      '127.0.0.1',
      '[::1]:5678',
      '10.0.0.7:80',
    ]) {
      expect(await status(plain, host), host).toBe(200);
    }
    for (const host of ['attacker.example', 'localhost.attacker.example', 'api.internal']) {
      expect(await status(plain, host), host).toBe('CQ420');
    }
    for (const host of ['api.internal:5678', 'a.example.net', 'a.b.example.net', 'localhost']) {
      expect(await status(open, host), host).toBe(200);
    }
    for (const host of ['example.net', 'xexample.net', 'example.org']) {
      expect(await status(open, host), host).toBe('CQ420');
    }
    expect(await status(open, 'attacker.example', '/')).toBe('CQ420');
    expect(await status(plain, 'attacker.example', '/files/x')).toBe('CQ420');
    expect(await status(plain, '10.1.2.3.example', '/healthz')).toBe(200);
    expect((await get(plain, '/graphql', { host: 'attacker.example' })).status).toBe(421);
  });

  it('answers under any name where it is reached from elsewhere, unless names are given', () => {
    expect(hostCheck('0.0.0.0', undefined, undefined)('anything.example')).toBe(true);
    expect(hostCheck('0.0.0.0', ['api.internal'], undefined)('anything.example')).toBe(false);
    expect(hostCheck('127.0.0.1', ['*'], undefined)('anything.example')).toBe(true);
    expect(hostCheck('::1', undefined, undefined)('anything.example')).toBe(false);
    // behind a proxy, which calls it as it likes
    expect(hostCheck('127.0.0.1', undefined, 'https://app.example.org')('anything.example')).toBe(true);
    expect(hostCheck('127.0.0.1', undefined, 'http://localhost:3000')('anything.example')).toBe(false);
    expect(hostCheck('127.0.0.1', ['app.example.org'], 'https://app.example.org')('x.example')).toBe(false);
  });

  it('lets pages of chosen origins call, never with credentials of the browser', async () => {
    for (const origin of [APP, 'http://localhost:3000']) {
      const { headers } = await get(open, '/graphql?query={__typename}', { origin });
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(headers.get('vary')).toBe('origin');
      expect(headers.get('access-control-expose-headers')).toContain('x-request-id');
    }
    const foreign = [
      'https://evil.example',
      `${APP}.evil.example`,
      'http://app.example.org',
      'null',
      'http://localhost:3001',
    ];
    for (const origin of foreign) {
      const reply = await get(open, '/graphql?query={__typename}', { origin });
      expect(reply.headers.get('access-control-allow-origin'), origin).toBeNull();
      expect(reply.headers.get('vary')).toBe('origin');
    }
    expect(
      (await get(plain, '/graphql', { origin: APP })).headers.get('access-control-allow-origin'),
    ).toBeNull();
  });

  const preflight = (api: TestApi, path: string, origin: string) =>
    raw(api, path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });

  it('answers preflights of chosen origins, for GraphQL and files', async () => {
    for (const [path, methods] of [
      ['/graphql', 'GET, POST'],
      ['/files', 'POST'],
      [`/files/${ada.userId}`, 'GET, HEAD'],
    ] as const) {
      const { status, headers } = await preflight(open, path, APP);
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-methods')).toBe(methods);
      expect(headers.get('access-control-allow-headers')).toContain('authorization');
      expect(headers.get('access-control-allow-headers')).toContain('x-workspace-id');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
    const foreign = await preflight(open, '/graphql', 'https://evil.example');
    expect([foreign.status, foreign.code]).toEqual([405, 'CQ405']);
    expect(foreign.headers.get('access-control-allow-methods')).toBeNull();
    expect((await preflight(plain, '/graphql', APP)).status).toBe(405);
    expect((await preflight(open, '/healthz', APP)).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('lets every page call only where that was chosen, and does not name it', async () => {
    const all = await also({ corsOrigins: ['*'] });
    const { headers } = await get(all, '/graphql?query={__typename}', { origin: 'https://any.example' });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect((await preflight(all, '/graphql', 'https://any.example')).status).toBe(204);
  });

  it('lets a page read what it is refused with, too', async () => {
    const reply = await fetch(`${open.api.url}/graphql`, {
      method: 'POST',
      headers: { origin: APP, 'content-type': 'application/json', authorization: 'Bearer wrong' },
      body: '{"query":"{ __typename }"}',
    });
    expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([401, APP]);
  });

  it('has an id of its own for every request, and keeps the one of the client beside it', async () => {
    const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
    const lines: { requestId: string; clientRequestId?: string }[] = [];
    const { info } = log;
    log.info = ((line: (typeof lines)[number]) => lines.push(line)) as unknown as typeof info;
    const signIn = `mutation { signIn(input: { email: "ada@example.org", password: "wrong horse battery" }) { clientMutationId } }`;
    const ids: string[] = [];
    try {
      for (const given of ['forged-by-client', 'a b"c']) {
        const reply = await plain.ask(signIn, {}, { headers: { 'x-request-id': given } });
        ids.push(reply.headers.get('x-request-id')!);
      }
    } finally {
      log.info = info;
    }
    for (const id of ids) expect(id).toMatch(UUID);
    const { rows } = await plain.database.pool('admin').query(
      `select request_id, client_request_id from app_public.audit_logs
       where action = 'user.sign_in_failed' and entity_id = $1 order by id`,
      [ada.userId],
    );
    expect(rows).toEqual([
      { request_id: ids[0], client_request_id: 'forged-by-client' },
      { request_id: ids[1], client_request_id: null },
    ]);
    const logged = lines.filter(({ requestId }) => ids.includes(requestId));
    expect(logged.map((line) => line.clientRequestId)).toEqual(['forged-by-client', undefined]);
  });

  it('has no suggestions where the schema cannot be asked for', async () => {
    const near = '{ conversation { nodes { id } } }';
    const asked = async (api: TestApi) =>
      (await api.ask('{ conversatons { nodes { id } } }')).errors[0]!.message;
    expect(await asked(plain)).not.toContain('Did you mean');
    expect(await asked(open)).toContain('Did you mean "conversations"');
    expect(codeOf(await plain.ask('{ __schema { queryType { name } } }'))).toBe('CQ400');
    expect((await plain.ask(near)).text).not.toContain('Did you mean');
    const hidden = await also({ development: true, introspection: false });
    expect(await asked(hidden)).not.toContain('Did you mean');
    const explained = await also({ development: false, introspection: true });
    expect((await explained.ask('{ __schema { queryType { name } } }')).data.__schema.queryType.name).toBe(
      'Query',
    );
    expect((await readReply(await fetch(`${explained.api.url}/`))).status).toBe(404);
  });

  it('refuses a subscription as something that is not there', async () => {
    const reply = await plain.ask('subscription { x }');
    expect([reply.status, codeOf(reply)]).toEqual([400, 'CQ400']);
    expect(codeOf(await open.ask('subscription { x }'))).toBe('CQ400');
  });
});
