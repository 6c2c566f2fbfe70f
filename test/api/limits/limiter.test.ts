import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf, type Limiter, openLimiter, RateLimited } from '../../../api/limits/limiter.ts';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { type RateChange, readEnv } from '../../../lib/env.ts';
import { filesFolder, localStorage } from '../../../lib/storage.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser, type TestUser, until } from '../../support/users.ts';
import { codeOf, PASSWORD, type Reply, startTestApi, type TestApi } from '../support.ts';

const rates = (text: string): Map<string, RateChange> => readEnv({ RATE_LIMIT_RATES: text }).RATE_LIMIT_RATES;
/** Longer than any machine takes: the table is to answer, whatever else the machine does. */
const PATIENT = 60_000;

/** How many of so many at once are let through. */
async function letThrough(limiter: Limiter, account: string, calls: number): Promise<number> {
  const results = await Promise.allSettled(
    Array.from({ length: calls }, () => limiter.take('searches', { account }, undefined)),
  );
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(RateLimited);
  return results.filter((result) => result.status === 'fulfilled').length;
}

describe('in memory', () => {
  it('lets exactly ten of fifty through at once, and of somebody else ten more', async () => {
    const limiter = openLimiter({ store: 'memory', changes: rates('searches.account=10/1000') });
    expect(await letThrough(limiter, 'ann', 50)).toBe(10);
    expect(await letThrough(limiter, 'ann', 1)).toBe(0);
    expect(await letThrough(limiter, 'bob', 10)).toBe(10);
  });

  it('counts several points at once, and a window that has ended no more', async () => {
    const limiter = openLimiter({ store: 'memory', changes: rates('searches.account=10/1') });
    await limiter.take('searches', { account: 'ann' }, undefined, 10);
    await expect(limiter.take('searches', { account: 'ann' }, undefined)).rejects.toMatchObject({
      status: 429,
    });
    await until(async () => (await letThrough(limiter, 'ann', 1)) === 1);
  });

  it('takes nothing of the workspace from an account that has used up its own', async () => {
    const changes = rates('searches.account=2/1000 searches.workspace=5/1000');
    const limiter = openLimiter({ store: 'memory', changes });
    const take = (account: string) => limiter.take('searches', { account, workspace: 'w' }, undefined);
    await Promise.allSettled(Array.from({ length: 20 }, () => take('ann')));
    await take('bob');
    await take('bob');
    await take('cat');
    await expect(take('cat')).rejects.toMatchObject({
      message: 'Too many searches: at most 5 in 1000 seconds (searches.workspace).',
      extensions: { code: 'CQ435' },
    });
  });

  it('counts an IPv4 address, and the first half of an IPv6 one', async () => {
    const limiter = openLimiter({ store: 'memory', changes: rates('register.address=1/1000') });
    const from = (remoteAddress: string) =>
      limiter.take(
        'register',
        addressOf({ socket: { remoteAddress }, headers: {} } as unknown as IncomingMessage),
        undefined,
      );
    for (const address of ['192.0.2.1', '::ffff:192.0.2.2', '2001:db8:1:2::1', '2001:db8:1:3::1'])
      await from(address);
    for (const address of ['::ffff:192.0.2.1', '192.0.2.2', '2001:db8:1:2:ff:ff:ff:ff', '2001:0db8:1:3::2']) {
      await expect(from(address), address).rejects.toThrow(RateLimited);
    }
  });

  it('says what is left, in the fields of the draft', async () => {
    const headers = new Map<string, string[]>();
    const response = {
      headersSent: false,
      appendHeader: (name: string, value: string) => headers.set(name, [...(headers.get(name) ?? []), value]),
      setHeader: (name: string, value: unknown) => headers.set(name, [String(value)]),
    } as unknown as ServerResponse;
    const limiter = openLimiter({ store: 'memory', changes: rates('searches.account=2/1000') });
    await limiter.take('searches', { account: 'ann', workspace: 'w' }, response);
    expect(headers.get('ratelimit-policy')).toEqual([
      '"searches.account";q=2;w=1000',
      '"searches.workspace";q=3000;w=60',
    ]);
    expect(headers.get('ratelimit')).toEqual([
      '"searches.account";r=1;t=1000',
      '"searches.workspace";r=2999;t=60',
    ]);
    expect(headers.has('retry-after')).toBe(false);
    headers.clear();
    await expect(limiter.take('searches', { account: 'ann' }, response, 2)).rejects.toThrow(
      'Too many searches',
    );
    expect(headers.get('ratelimit')).toEqual([
      expect.stringMatching(/^"searches.account";r=0;t=(999|1000)$/),
    ]);
    expect(headers.get('retry-after')).toEqual([expect.stringMatching(/^(999|1000)$/)]);
  });

  it('counts nothing when it is off, and nothing that has no limit', async () => {
    const off = openLimiter({ store: 'off', changes: rates('searches.account=1/1000') });
    expect(await letThrough(off, 'ann', 5)).toBe(5);
    const lifted = openLimiter({ store: 'memory', changes: rates('searches.account=off') });
    expect(await letThrough(lifted, 'ann', 2000)).toBe(2000);
  });
});

describeReal('in the database', () => {
  let database: Database;
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(() => database?.close());

  const open = (patience = PATIENT, on = database): Limiter =>
    openLimiter({
      store: 'database',
      changes: rates('searches.account=10/1000'),
      pool: on.pool('authenticator', 'limits'),
      patience,
    });

  it('lets exactly ten of fifty through at once, of two processes together', async () => {
    const other = serverDatabase(database.url('admin'));
    try {
      const [one, two] = [open(), open(PATIENT, other)];
      const account = randomUUID();
      const through = await Promise.all([letThrough(one, account, 25), letThrough(two, account, 25)]);
      expect(through[0] + through[1]).toBe(10);
      expect(await letThrough(two, account, 5)).toBe(0);
      expect(await letThrough(two, randomUUID(), 5)).toBe(5);
    } finally {
      await other.close();
    }
  });

  it('counts for itself while the table is locked, waits for no lock, and goes on with the table afterwards', async () => {
    const admin = await database.pool('admin').connect();
    const account = randomUUID();
    const limiter = open(100);
    try {
      await admin.query('begin; lock table app_hidden.rate_limits in access exclusive mode');
      // neither everything nor nothing
      expect(await letThrough(limiter, account, 50)).toBe(10);
      const { rows } = await admin.query(
        `select count(*)::int as waiting from pg_locks where relation = 'app_hidden.rate_limits'::regclass and not granted`,
      );
      expect(rows[0].waiting).toBeLessThanOrEqual(2);
    } finally {
      await admin.query('rollback');
      admin.release();
    }
    const fresh = open();
    expect(await letThrough(fresh, account, 50)).toBe(10);
  });

  it('counts for itself when the database is gone', async () => {
    const gone = serverDatabase('postgres://nobody@127.0.0.1:1/none');
    const limiter = open(PATIENT, gone);
    expect(await letThrough(limiter, 'ann', 50)).toBe(10);
    await gone.close();
  });

  it('keeps no count for long after its window, and shows none to any role of requests', async () => {
    const owner = database.pool('owner');
    await owner.query(
      `insert into app_hidden.rate_limits values ('searches.account:old', 5, 1), ('searches.account:new', 5, 9999999999999)`,
    );
    await database.pool('worker').query('select app_hidden.delete_ended_rate_limits()');
    const { rows } = await owner.query(
      `select key from app_hidden.rate_limits where key in ('searches.account:old', 'searches.account:new')`,
    );
    expect(rows).toEqual([{ key: 'searches.account:new' }]);
    for (const role of ['colloquy_visitor', 'colloquy_user', 'colloquy_admin', 'colloquy_worker']) {
      const { rows: may } = await owner.query(
        `select has_any_column_privilege($1, 'app_hidden.rate_limits', 'select, insert, update') or has_table_privilege($1, 'app_hidden.rate_limits', 'delete') as may`,
        [role],
      );
      expect(may).toEqual([{ may: false }]);
    }
  });
});

const SIGN_IN = `mutation { signIn(input: { email: "ann@example.org", password: "${PASSWORD}" }) { authentication { userId } } }`;
const REGISTER = `mutation { register(input: { email: "no", password: "${PASSWORD}" }) { clientMutationId } }`;
const RESET = `mutation { requestPasswordReset(input: { email: "ann@example.org" }) { clientMutationId } }`;
const CHANGE_PASSWORD = `mutation { changePassword(input: { oldPassword: "wrong wrong", newPassword: "${PASSWORD}" }) { clientMutationId } }`;
const INVITE = `mutation { inviteMember(input: { email: "cat@example.org" }) { clientMutationId } }`;
const START = 'mutation { startConversation(input: {}) { clientMutationId } }';
const SEARCH = '{ search(query: "tea", mode: TEXT) { returned } }';
const IMPORT = `mutation { importConversation(input: { payload: { source: "x", title: "t", messages: [] } }) { clientMutationId } }`;
const WHO = '{ currentUser { id } }';

function expectLimited(reply: Reply, code: string, name: string): void {
  expect([reply.status, codeOf(reply)]).toEqual([429, code]);
  expect(reply.data).toBeUndefined();
  expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(reply.headers.get('ratelimit')).toContain(`"${name}";r=0;t=`);
  expect(reply.headers.get('ratelimit-policy')).toContain(`"${name}";q=`);
  expect(reply.errors[0]!.extensions.hint).toMatch(/^Try again in \d+ seconds/);
}

describeReal('over HTTP', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'colloquy-limits-'));
  let database: Database;
  let people = 0;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(async () => {
    await database?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Somebody whom no limit has counted yet. */
  async function somebody(): Promise<TestUser> {
    people += 1;
    return registerUser(database, `person-${people}@example.org`);
  }

  async function open(text: string, store: 'memory' | 'database' = 'memory'): Promise<TestApi> {
    return startTestApi({
      database: serverDatabase(database.url('admin')),
      storage: localStorage(filesFolder(dataDir)),
      limits: { store, changes: rates(text), patience: PATIENT },
    });
  }

  describe('by address', () => {
    let api: TestApi;
    beforeAll(async () => {
      api = await open(
        'sign_in.address=2/1000 register.address=2/1000 reset.address=2/1000 requests.token=3/1000',
      );
    });
    afterAll(() => api?.close());

    it.each([
      ['sign_in.address', 'CQ430', SIGN_IN],
      ['register.address', 'CQ431', REGISTER],
      ['reset.address', 'CQ432', RESET],
    ])('refuses what a visitor asks too often, and nothing else: %s', async (name, code, document) => {
      for (const _ of [1, 2]) expect((await api.ask(document)).status).toBe(200);
      expectLimited(await api.ask(document), code, name);
      expect((await api.ask('{ __typename }')).status).toBe(200);
    });

    it('counts the requests of a token', async () => {
      const [ann, bob] = [await somebody(), await somebody()];
      for (const _ of [1, 2, 3]) expect((await api.ask(WHO, {}, ann)).status).toBe(200);
      expectLimited(await api.ask(WHO, {}, ann), 'CQ429', 'requests.token');
      expect((await api.ask(WHO, {}, bob)).status).toBe(200);
    });
  });

  describe('by account', () => {
    let api: TestApi;
    beforeAll(async () => {
      const limits = ['sign_in', 'mail', 'writes', 'searches', 'imports', 'uploads'];
      api = await open(limits.map((limit) => `${limit}.account=2/1000`).join(' '));
    });
    afterAll(() => api?.close());

    it.each([
      ['sign_in.account', 'CQ430', CHANGE_PASSWORD],
      ['mail.account', 'CQ433', INVITE],
      ['writes.account', 'CQ434', START],
      ['searches.account', 'CQ435', SEARCH],
      ['imports.account', 'CQ437', IMPORT],
    ])('refuses what one asks too often, and not what another does: %s', async (name, code, document) => {
      const [ann, bob] = [await somebody(), await somebody()];
      for (const _ of [1, 2]) expect((await api.ask(document, {}, ann)).status).toBe(200);
      expectLimited(await api.ask(document, {}, ann), code, name);
      expect((await api.ask(document, {}, bob)).status).toBe(200);
      expect((await api.ask(WHO, {}, ann)).status).toBe(200);
    });

    it('counts uploads', async () => {
      const [ann, bob] = [await somebody(), await somebody()];
      const upload = ({ token }: TestUser) =>
        fetch(`${api.api.url}/files?name=a.txt`, {
          method: 'POST',
          body: 'tea',
          headers: { 'content-type': 'text/plain', authorization: `Bearer ${token}` },
        });
      for (const _ of [1, 2]) expect((await upload(ann)).status).toBe(201);
      const refused = await upload(ann);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([
        429,
        expect.stringMatching(/^\d+$/),
      ]);
      expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'CQ436' } }] });
      expect((await upload(bob)).status).toBe(201);
    });

    it('refuses a whole operation before anything of it is done', async () => {
      const ann = await somebody();
      const three = ['a', 'b', 'c'].map(
        (name) => `${name}: startConversation(input: {}) { clientMutationId }`,
      );
      expectLimited(await api.ask(`mutation { ${three.join(' ')} }`, {}, ann), 'CQ434', 'writes.account');
      const { rows } = await database
        .pool('owner')
        .query('select from app_public.conversations where owner_id = $1', [ann.id]);
      expect(rows).toEqual([]);
    });
  });

  describe('by workspace and key', () => {
    let api: TestApi;
    beforeAll(async () => {
      const limits = ['mail', 'writes', 'searches', 'imports'];
      api = await open(`${limits.map((limit) => `${limit}.workspace=2/1000`).join(' ')} searches.key=1/1000`);
    });
    afterAll(() => api?.close());

    it.each([
      ['mail.workspace', 'CQ433', INVITE],
      ['writes.workspace', 'CQ434', START],
      ['searches.workspace', 'CQ435', SEARCH],
      ['imports.workspace', 'CQ437', IMPORT],
    ])('refuses what one asks too often, and not what another does: %s', async (name, code, document) => {
      const [ann, bob] = [await somebody(), await somebody()];
      for (const _ of [1, 2]) expect((await api.ask(document, {}, ann)).status).toBe(200);
      expectLimited(await api.ask(document, {}, ann), code, name);
      expect((await api.ask(document, {}, bob)).status).toBe(200);
    });

    it('counts an API key for itself', async () => {
      const ann = await somebody();
      const { rows } = await asUser(database, ann, (client) =>
        client.query(`select secret from app_public.create_api_key('k', array['search'])`),
      );
      const key = { token: rows[0].secret as string };
      expect((await api.ask(SEARCH, {}, key)).status).toBe(200);
      expectLimited(await api.ask(SEARCH, {}, key), 'CQ435', 'searches.key');
      expect((await api.ask(SEARCH, {}, ann)).status).toBe(200);
    });
  });

  it('counts all requests of an address, also those whose token is no good, and never the health checks', async () => {
    const api = await open('requests.address=3/1000');
    try {
      expect((await api.ask('{ __typename }')).status).toBe(200);
      expect((await api.ask(WHO, {}, { token: 'nonsense' })).status).toBe(401);
      expect((await fetch(`${api.api.url}/nothing`)).status).toBe(404);
      expectLimited(await api.ask('{ __typename }'), 'CQ429', 'requests.address');
      expectLimited(await api.ask(WHO, {}, await somebody()), 'CQ429', 'requests.address');
      expect((await fetch(`${api.api.url}/files/x`)).status).toBe(429);
      expect((await fetch(`${api.api.url}/healthz`)).status).toBe(200);
      expect((await fetch(`${api.api.url}/readyz`)).status).toBe(200);
    } finally {
      await api.close();
    }
  });

  it('shares a limit between two servers, when the counts are in the database', async () => {
    const [ann, bob] = [await somebody(), await somebody()];
    const one = await open('searches.account=4/1000', 'database');
    const two = await open('searches.account=4/1000', 'database');
    try {
      const replies = await Promise.all(
        [one, two, one, two, one, two].map((api) => api.ask(SEARCH, {}, ann)),
      );
      expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 429, 429]);
      expectLimited(await two.ask(SEARCH, {}, ann), 'CQ435', 'searches.account');
      expect((await two.ask(SEARCH, {}, bob)).status).toBe(200);
    } finally {
      await one.close();
      await two.close();
    }
  });

  it('is not met by a client that is busy, with the figures as they are', async () => {
    const ann = await somebody();
    const api = await open('');
    try {
      const asked = Array.from({ length: 100 }, (_, i) => api.ask(i % 2 ? START : SEARCH, {}, ann));
      const replies = await Promise.all(asked);
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
      expect(replies[0]!.headers.get('ratelimit')).toContain('"searches.account";r=');
    } finally {
      await api.close();
    }
  });
});
