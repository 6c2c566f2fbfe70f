import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { queues } from '../../jobs/registry.ts';
import { startWorker } from '../../jobs/worker.ts';
import { demandLogin } from '../../lib/database/demands.ts';
import type { LoginRole } from '../../lib/database/login.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { describeError } from '../../lib/errors.ts';
import { log } from '../../lib/log.ts';
import { migrateDatabase, projectFolder } from '../../lib/migrations.ts';
import { localStorage } from '../../lib/storage.ts';
import { checkPooler } from '../../operations/pooler/check.ts';
import { readLogin } from '../../scripts/logins/file.ts';
import { makeLogins } from '../../scripts/logins/make.ts';
import { type Pgbouncer, type PgbouncerOptions, startPgbouncer } from '../../tools/postgres/pgbouncer.ts';
import { freePort } from '../../tools/postgres/server.ts';
import { overStream, overWebSocket } from '../api/live/support.ts';
import { type Account, register, startTestApi, type TestApi } from '../api/support.ts';
import { testBinaries } from '../support/binaries.ts';
import { LONG, sized, someOf } from '../support/limits.ts';
import { type OwnServer, openOwnServer } from '../support/own-server.ts';
import { describeReal } from '../support/server.ts';

log.level = 'silent';

const run = promisify(execFile);
const CLIENTS = sized(12, 30);

/** Fields of a conversation: each selection of them is a statement of its own. */
const FIELDS = ['id', 'title', 'channel', 'metadata', 'createdAt', 'updatedAt', 'messageCount'];
const selection = (n: number): string => FIELDS.filter((_, bit) => ((n + 1) >> bit) & 1).join(' ') || 'id';
/** More than PostGraphile keeps prepared on one connection. */
const STATEMENTS = 120;

describeReal('behind PgBouncer in transaction mode', () => {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-pooler-'));
  let server: OwnServer;
  let adminUrl: string;
  let logins: Record<string, string>;
  let open: { close(): Promise<void> }[] = [];

  const urlOf = (database: string): string => {
    const url = new URL(server.adminUrl);
    url.pathname = `/${database}`;
    return url.href;
  };
  const portOf = () => Number(new URL(server.adminUrl).port);
  const atOnce = async <T>(work: (database: Database) => Promise<T>, database = 'colloquy'): Promise<T> => {
    const one = serverDatabase(urlOf(database));
    try {
      return await work(one);
    } finally {
      await one.close();
    }
  };
  const sql = (text: string, database?: string) =>
    atOnce(async (one) => (await one.pool('admin').query(text)).rows, database);

  beforeAll(async () => {
    server = await openOwnServer(await testBinaries());
    const template = new URL(server.url).pathname.slice(1);
    await sql(`create database colloquy template ${template}`, 'postgres');
    await sql('create database empty', 'postgres');
    adminUrl = urlOf('colloquy');
    logins = { postgres: new URL(server.adminUrl).password };
    await atOnce(async (database) => {
      const roles: LoginRole[] = ['owner', 'authenticator', 'worker'];
      await makeLogins(database, { folder, roles, rotate: false, dryRun: false, given: new Set() });
      for (const role of roles) {
        const { username, password } = new URL(readLogin(folder, role)!);
        logins[username] = password;
      }
    });
  }, LONG);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const one of open.reverse()) await one.close();
    open = [];
  });

  async function pgbouncer(
    version: PgbouncerOptions['version'],
    settings: PgbouncerOptions['settings'] = {},
  ): Promise<Pgbouncer> {
    const bouncer = await startPgbouncer({ version, behind: portOf(), logins, settings });
    open.push({ close: bouncer.stop });
    return bouncer;
  }

  async function checkedByCommand(url: string): Promise<unknown> {
    const { stdout } = await run(
      process.execPath,
      ['scripts/ops.ts', 'pooler', 'config', '--check', '--json'],
      {
        cwd: projectFolder,
        env: { ...process.env, AUTHENTICATOR_DATABASE_URL: url },
      },
    );
    return JSON.parse(stdout);
  }

  /** With the files of the command, as it writes them. */
  async function asWritten(version: PgbouncerOptions['version']): Promise<Pgbouncer> {
    const port = await freePort();
    const to = mkdtempSync(join(tmpdir(), 'colloquy-pooler-config-'));
    chmodSync(to, 0o755);
    open.push({ close: async () => rmSync(to, { recursive: true, force: true }) });
    const env = { ...process.env, DATA_DIR: folder, DATABASE_URL: adminUrl };
    const command = ['scripts/ops.ts', 'pooler', 'config', '--logins', folder, '--to', to];
    const sizes = ['--port', String(port), '--pool-size', '3', '--listen', '127.0.0.1', '--clients', '77'];
    const dry = await run(process.execPath, [...command, ...sizes, '--dry-run', '--json'], {
      cwd: projectFolder,
      env,
    });
    expect(JSON.parse(dry.stdout).files).toEqual(
      ['pgbouncer.ini', 'userlist.txt'].map((name) => join(to, name)),
    );
    expect(readdirSync(to)).toEqual([]);
    const { stdout } = await run(process.execPath, [...command, ...sizes], { cwd: projectFolder, env });
    expect(stdout).toContain(
      `AUTHENTICATOR_DATABASE_URL=postgres://colloquy_authenticator:…@127.0.0.1:${port}/colloquy`,
    );
    expect(stdout).toMatch(/DATABASE_URL, OWNER_DATABASE_URL +PostgreSQL/);
    const ini = { path: join(to, 'pgbouncer.ini'), port };
    expect(readFileSync(ini.path, 'utf8')).toMatch(
      /^listen_addr = 127\.0\.0\.1$[\s\S]*^max_client_conn = 77$/m,
    );
    const bouncer = await startPgbouncer({ version, behind: portOf(), logins, ini });
    open.push({ close: bouncer.stop });
    return bouncer;
  }

  /** API and worker with logins of their own through a pooler. */
  async function throughLogins(bouncer: Pgbouncer): Promise<TestApi> {
    const database = serverDatabase(adminUrl, {
      authenticator: bouncer.url('colloquy_authenticator', 'colloquy'),
      worker: bouncer.url('colloquy_worker', 'colloquy'),
    });
    const test = await startTestApi({ database });
    open.push({ close: test.close });
    const worker = await startWorker({
      pool: database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      storage: localStorage(join(folder, 'files')),
    });
    open.push({ close: worker.stop });
    return test;
  }

  interface Client {
    account: Account;
    conversationId: string;
    posted: number;
  }

  /** What one client does in a round; every answer is looked at. */
  async function round({ ask }: TestApi, client: Client, stranger: Client, n: number): Promise<void> {
    const { token } = client.account;
    const demand = async (query: string, variables: object = {}) => {
      const reply = await ask(query, variables, { token });
      expect(reply.errors, query).toEqual([]);
      return reply.data;
    };
    const post = `mutation ($id: UUID!, $content: String!, $key: String!) {
      postMessage(input: { conversationId: $id, content: $content, idempotencyKey: $key }) { message { id } } }`;
    const variables = { id: client.conversationId, content: `tea of round ${n}`, key: `${client.posted}` };
    const first = await demand(post, variables);
    expect(await demand(post, variables)).toEqual(first);
    client.posted += 1;
    const messages = `query ($id: UUID!) { conversation(id: $id) { messages(last: 5) { nodes { sequenceNumber content } } } }`;
    const page = await demand(messages, { id: client.conversationId });
    expect(page.conversation.messages.nodes.at(-1)).toMatchObject({ content: variables.content });
    expect(await demand(messages, { id: stranger.conversationId })).toEqual({ conversation: null });
    for (let each = 0; each < 4; each += 1) {
      const fields = selection((n * 4 + each) % STATEMENTS);
      const { conversations } = await demand(`{ conversations(first: 100) { nodes { id ${fields} } } }`);
      const ids: string[] = conversations.nodes.map((node: { id: string }) => node.id);
      expect(ids).toContain(client.conversationId);
      expect(ids).not.toContain(stranger.conversationId);
    }
    await demand('{ search(query: "tea", mode: TEXT) { results { content } } }');
  }

  /** With what npm run ops -- pooler config writes. */
  const WRITTEN = 'written';
  const ways = [
    ['1.26', WRITTEN],
    ['1.18', WRITTEN],
    ['1.18', {}],
    ['1.26', { max_prepared_statements: 200 }],
    ['1.26', { max_prepared_statements: 0 }],
  ] as const;

  it.each(someOf(ways, 1))(
    '%s, %j: every request works, for two tenants at once',
    { timeout: LONG },
    async (version, settings) => {
      // fewer connections to the server than clients: they change hands
      const bouncer =
        settings === WRITTEN
          ? await asWritten(version)
          : await pgbouncer(version, { ...settings, default_pool_size: 3 });
      const test = await throughLogins(bouncer);
      if (settings === WRITTEN)
        expect(await checkedByCommand(bouncer.url('colloquy_authenticator', 'colloquy'))).toMatchObject({
          version: expect.stringContaining(version),
          settings: { pool_mode: 'transaction', default_pool_size: '3' },
          leaks: 0,
          findings: [],
        });
      const mark = `${version}-${Object.values(settings).join('')}`;
      const tenants = [];
      for (const name of ['ann', 'bob']) tenants.push(await register(test, `${name}-${mark}@example.org`));
      const clients: Client[] = [];
      for (let n = 0; n < CLIENTS; n += 1) {
        const account = tenants[n % 2]!;
        const reply = await test.ask(
          `mutation { startConversation(input: { title: "Tea" }) { conversation { id } } }`,
          {},
          { token: account.token },
        );
        clients.push({ account, conversationId: reply.data.startConversation.conversation.id, posted: 0 });
      }
      const rounds = sized(1, 30);
      await Promise.all(
        clients.map(async (client, n) => {
          for (let each = 0; each < rounds; each += 1)
            await round(test, client, clients[(n + 1) % CLIENTS]!, n * rounds + each);
        }),
      );
      // one connection has seen every statement, which is more than it would keep prepared
      for (let n = 0; n < STATEMENTS; n += 1) {
        const { token } = tenants[0]!;
        const { errors } = await test.ask(
          `{ conversations(first: 1) { nodes { ${selection(n)} } } }`,
          {},
          { token },
        );
        expect(errors).toEqual([]);
      }
      const numbers = await sql(
        `select conversation_id as id, count(*)::int as count, min(sequence_number)::int as first, max(sequence_number)::int as last,
         count(distinct sequence_number)::int as different
       from app_public.messages group by conversation_id`,
      );
      for (const { conversationId: id } of clients)
        expect(numbers.find((one) => one.id === id)).toEqual({
          id,
          count: rounds,
          first: 1,
          last: rounds,
          different: rounds,
        });
      // and the worker works: a document becomes searchable by meaning
      const { token } = tenants[1]!;
      await test.ask(
        `mutation { createDocument(input: { title: "Pots", content: "A samovar keeps the water hot." }) { document { id } } }`,
        {},
        { token },
      );
      await expect
        .poll(async () => {
          const reply = await test.ask('{ indexingProgress { embeddedChunks isComplete } }', {}, { token });
          return reply.data?.indexingProgress;
        })
        .toMatchObject({ isComplete: true, embeddedChunks: expect.stringMatching(/^[1-9]/) });
    },
  );

  /** A command with an environment of its own; it must fail. */
  async function refused(script: string[], env: NodeJS.ProcessEnv): Promise<string> {
    const failure = await run(process.execPath, script, {
      cwd: projectFolder,
      env: { ...process.env, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'error', ...env },
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    const text = `${failure.stdout}${failure.stderr}`;
    expect(failure.code, text).toBe(1);
    expect(text).not.toContain('    at ');
    return text;
  }
  /** The same without a process: what is told of something that must not be done. */
  async function refusedHere(
    url: string,
    work: (database: Database) => Promise<unknown>,
    own: Partial<Record<LoginRole, string>> = {},
  ): Promise<string> {
    const database = serverDatabase(url, own);
    try {
      return describeError(
        await work(database).then(
          () => 'it was done',
          (error: unknown) => error,
        ),
      );
    } finally {
      await database.close();
    }
  }
  const ours = `select count(*)::int as count from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname like 'app%' or n.nspname = 'pgboss'`;

  const unsafe = [
    ['1.26', {}],
    ['1.18', { ignore_startup_parameters: 'options' }],
    ['1.18', {}],
    ['1.26', { ignore_startup_parameters: 'options' }],
  ] as const;
  it.each(someOf(unsafe, 1))(
    '%s, %j: the administrator’s address is refused, and nothing is made',
    { timeout: LONG },
    async (version, settings) => {
      const bouncer = await pgbouncer(version, settings);
      const migrations =
        /Migrations do not run through a pooler.*\(CQ047\)\n.*DATABASE_URL to the address of PostgreSQL itself/;
      expect(
        await refusedHere(bouncer.url('postgres', 'empty'), (database) =>
          migrateDatabase(database, queues, { inHand: true }),
        ),
      ).toMatch(migrations);
      // the process, once: it ends, and shows no stack
      if (settings === unsafe[0][1])
        expect(
          await refused(['scripts/start.ts', '--no-examples'], {
            DATABASE_URL: bouncer.url('postgres', 'empty'),
          }),
        ).toMatch(migrations);
      expect(await sql(ours, 'empty')).toEqual([{ count: 0 }]);
      const found = checkPooler(bouncer.url('colloquy_authenticator', 'colloquy'));
      if ('ignore_startup_parameters' in settings)
        expect((await found).findings).toContainEqual(
          expect.stringContaining('ignore_startup_parameters has "options"'),
        );
      else expect((await found).findings).toEqual([]);
      for (const role of ['authenticator', 'worker'] as const) {
        const text = await refusedHere(bouncer.url('postgres', 'colloquy'), (database) =>
          demandLogin(database, role),
        );
        expect(text).toMatch(/\(CQ046\)\n.*A pooler stands before the database/);
        expect(text).toContain(`et ${role.toUpperCase()}_DATABASE_URL`);
      }
    },
  );

  it('subscriptions hear by LISTEN_DATABASE_URL what is committed through the pooler, and are refused without it', async () => {
    const bouncer = await pgbouncer('1.26', { default_pool_size: 2 });
    const throughPooler = async (listen?: string) => {
      const authenticator = bouncer.url('colloquy_authenticator', 'colloquy');
      const test = await startTestApi({ database: serverDatabase(adminUrl, { authenticator, listen }) });
      open.push({ close: test.close });
      return test;
    };
    const [direct, none] = [await throughPooler(readLogin(folder, 'authenticator')!), await throughPooler()];
    const account = await register(direct, 'live@example.org');
    const ask = async (query: string, variables: object = {}) => {
      const { data, errors } = await none.ask(query, variables, account);
      expect(errors).toEqual([]);
      return data;
    };
    const id: string = (await ask('mutation { startConversation(input: {}) { conversation { id } } }'))
      .startConversation.conversation.id;
    const subscription = {
      query: 'subscription ($id: UUID!) { messageChanged(conversationId: $id) { changes { text } } }',
      variables: { id },
    };
    const heard = [overWebSocket, overStream].map((way) => way(direct.api.url, account.token, subscription));
    const refused = overWebSocket(none.api.url, account.token, subscription);
    for (const told of [...heard, refused]) open.push({ close: async () => told.end() });
    await Promise.all(heard.map((told) => told.has(1)));
    // posted at the other process, over connections that change hands
    const contents = Array.from({ length: 10 }, (_, number) => `tea ${number}`);
    for (const content of contents)
      await ask(
        'mutation ($id: UUID!, $content: String!) { postMessage(input: { conversationId: $id, content: $content }) { message { id } } }',
        { id, content },
      );
    for (const told of heard) {
      await told.finds(({ changes }) => changes.at(-1)?.text === contents.at(-1));
      const texts = told.events.flatMap(({ changes }) => changes.map(({ text }: { text: string }) => text));
      expect(texts).toEqual(contents);
    }
    await refused.ended();
    expect(refused.codes).toEqual(['CQ802']);
  });

  it('the address of PostgreSQL itself is found to be none of a pooler', async () => {
    await expect(checkPooler(readLogin(folder, 'authenticator')!)).rejects.toMatchObject({ code: 'CQ678' });
  });

  it('a migration through a pooler is refused, also with the owner’s own login', async () => {
    const bouncer = await pgbouncer('1.26');
    const owner = bouncer.url('colloquy_owner', 'colloquy');
    const text = await refusedHere(
      adminUrl,
      (database) => migrateDatabase(database, queues, { inHand: true }),
      { owner },
    );
    expect(text).toMatch(/\(CQ047\)\n.*OWNER_DATABASE_URL/);
  });

  describe('a login', () => {
    const direct = (role: LoginRole): string => readLogin(folder, role)!;
    const starts = (own: Partial<Record<LoginRole, string>>, role: LoginRole = 'authenticator') =>
      refusedHere(adminUrl, (database) => demandLogin(database, role), own);

    it('of another role is refused, with what to set', async () => {
      const text = await starts({ authenticator: direct('worker') });
      expect(text).toMatch(
        /acts as colloquy_worker, and must act as colloquy_authenticator\. \(CQ046\)\n.*Set AUTHENTICATOR_DATABASE_URL/,
      );
      // the administrator’s, too
      expect(await starts({ authenticator: adminUrl })).toContain(
        'acts as postgres, and must act as colloquy_authenticator. (CQ046)',
      );
    });

    it('that is the only one and may not become the role is refused', async () => {
      expect(
        await refused(['scripts/start.ts', '--api-only'], { WORKER_DATABASE_URL: direct('worker') }),
      ).toMatch(
        /permission denied to set role "colloquy_authenticator".*\(CQ046\)\n.*Set AUTHENTICATOR_DATABASE_URL/,
      );
    });

    it('with a wrong password is refused, without the password', async () => {
      const url = new URL(direct('worker'));
      url.password = 'not-the-password';
      const text = await starts({ worker: url.href }, 'worker');
      expect(text).toMatch(/\(CQ046\)\n.*The password is wrong/);
      expect(text).not.toContain('not-the-password');
    });

    it.each(['superuser', 'bypassrls'])('of a role with %s is refused', async (attribute) => {
      await sql(`alter role colloquy_worker ${attribute}`);
      try {
        const text = await starts({ worker: direct('worker') }, 'worker');
        expect(text).toMatch(
          /Row-level security does not hold for colloquy_worker\. \(CQ046\)\n.*nosuperuser nobypassrls/,
        );
      } finally {
        await sql(`alter role colloquy_worker no${attribute}`);
      }
    });

    it('is looked at with every connection, not only the first', async () => {
      const database = serverDatabase(adminUrl, { worker: direct('worker') });
      const pool = database.pool('worker');
      const first = await pool.connect();
      await sql('alter role colloquy_worker bypassrls');
      try {
        await expect(pool.query('select 1')).rejects.toMatchObject({ code: 'CQ046' });
        expect((await first.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      } finally {
        await sql('alter role colloquy_worker nobypassrls');
        first.release();
        await database.close();
      }
    });
  });
});
