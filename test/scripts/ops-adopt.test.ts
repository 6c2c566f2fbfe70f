import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { filesFolder } from '../../lib/storage.ts';
import { run } from '../../tools/postgres/run.ts';
import { readReply } from '../api/support.ts';
import { testBinaries } from '../support/binaries.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts';
import { type FakeSmtp, startFakeSmtp } from '../support/fake-smtp.ts';
import { LONG, sized } from '../support/limits.ts';
import { createTestDatabase, describeReal, testServer } from '../support/server.ts';
import { type StartedServer, startServer } from '../support/started.ts';
import { asUser, asVisitor, PASSWORD, registerUser, type TestUser, until } from '../support/users.ts';

const binaries = await testBinaries().catch(() => undefined);
const SHA = 'ab'.repeat(32);
const MAIL = `insert into app_private.mail_outbox (kind, recipient, subject, body) values ('notice', 'ann@example.org', 'a', 'b')`;

describeReal('npm run ops -- adopt', () => {
  let admin: pg.Client;
  let copy: Database;
  let name: string;
  let original: string;
  let started: StartedServer;
  let smtp: FakeSmtp;
  let fake: FakeOpenAi;
  let dataDir: string;
  const people: TestUser[] = [];
  const emails = ['ann@example.org', 'bob@example.org'];

  beforeAll(async () => {
    smtp = await startFakeSmtp();
    fake = await startFakeOpenAi({ dimensions: 512 });
    dataDir = mkdtempSync(join(tmpdir(), 'colloquy-copy-'));
    const made = await createTestDatabase();
    original = made.name;
    const database = serverDatabase(made.url);
    for (const email of emails) people.push(await registerUser(database, email));
    await database.pool('owner').query(`
      update app_public.embedding_versions set provider = 'openai-compatible', model = 'fake' where status = 'active';
      update app_private.settings set value = 'on' where name = 'mail_delivery';
      select app_hidden.adopt_database('production')`);
    await database.close();
    const { adminUrl } = testServer() as { adminUrl: string };
    admin = new pg.Client({ connectionString: adminUrl });
    await admin.connect();
    name = `${made.name.slice(0, 50)}_${randomBytes(3).toString('hex')}`;
    await admin.query(`create database "${name}" template "${made.name}"`);
    const url = new URL(adminUrl);
    url.pathname = `/${name}`;
    copy = serverDatabase(url.href);
    started = await startServer(url.href, dataDir, { env });
  }, LONG);
  afterAll(async () => {
    started?.child.kill('SIGTERM');
    await started?.exit;
    await copy?.close();
    await admin?.query(`drop database if exists "${name}" with (force)`);
    await admin?.end();
    await smtp?.close();
    await fake?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const env = {
    COLLOQUY_ENVIRONMENT: 'production',
    get MAIL_URL() {
      return `smtp://robot:${encodeURIComponent(smtp.password)}@127.0.0.1:${smtp.port}`;
    },
    MAIL_FROM: 'Tea House <robot@tea.example>',
    PUBLIC_URL: 'https://app.example',
    get EMBEDDING_BASE_URL() {
      return fake.url;
    },
  };
  const ops = (...words: string[]) =>
    run(process.execPath, ['scripts/ops.ts', 'adopt', ...words], {
      cwd: projectFolder,
      env: { ...process.env, ...env, DATABASE_URL: copy.url('admin'), LOG_LEVEL: 'silent' },
    });
  const owner = () => copy.pool('owner');
  const ready = async (): Promise<{ ready: boolean; quarantine?: string }> =>
    (await fetch(`${started.url}/readyz`)).json() as never;
  const ask = async (query: string, token?: string) =>
    readReply(
      await fetch(`${started.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        body: JSON.stringify({ query }),
      }),
    );
  const signIn = async (email: string): Promise<string> => {
    const { data } = await ask(
      `mutation { signIn(input: { email: "${email}", password: "${PASSWORD}" }) { authentication { token } } }`,
    );
    return data.signIn.authentication.token;
  };
  /** Has a job done, and waits for its end. */
  const work = async (queue: string): Promise<void> => {
    const { rows } = await copy.pool('worker').query('select app_hidden.run_job($1) as id', [queue]);
    await until(
      async () =>
        (
          await owner().query(`select 1 from pgboss.job where id = $1 and state in ('completed', 'failed')`, [
            rows[0].id,
          ])
        ).rowCount === 1,
    );
  };
  const legs = async (token: string, mode: string) =>
    ask(`{ search(query: "zebra", mode: ${mode}) { legs { leg state reason } results { title } } }`, token);

  it('lets a copy send and spend, which serves and does neither before', { timeout: LONG }, async () => {
    const content = `${people[0]!.workspaceId}/ab/${SHA}`;
    const bytes = join(filesFolder(dataDir), content);
    mkdirSync(dirname(bytes), { recursive: true });
    writeFileSync(bytes, 'of the original, too');
    await owner().query(
      'insert into app_hidden.discarded_contents (workspace_id, storage_path) values ($1, $2)',
      [people[0]!.workspaceId, content],
    );
    for (const [index, user] of people.entries()) {
      await asUser(copy, user, (client) =>
        client.query(`select app_public.create_document('zebra', 'A zebra of ' || $1)`, [emails[index]]),
      );
      await asVisitor(copy, (client) =>
        client.query('select app_public.request_password_reset($1)', [emails[index]]),
      );
    }
    // words are indexed without any service
    await until(async () => (await owner().query('select from app_public.chunks')).rowCount === 2);
    for (const queue of ['deliver-mail', 'cleanup-files', 'sweep-unindexed']) await work(queue);
    expect(smtp.delivered).toEqual([]);
    expect(fake.requests).toEqual([]);
    expect(existsSync(bytes)).toBe(true);
    const { rows } = await owner().query(
      `select outcome, details from app_hidden.maintenance_runs where task in ('cleanup-files', 'deliver-mail')`,
    );
    expect(rows).toEqual([
      { outcome: 'skipped', details: { quarantine: expect.stringMatching(/^It is another database/) } },
    ]);
    // it says so, and serves
    expect(
      started.log().filter(({ msg }) => /^This database is a copy in quarantine/.test(msg)),
    ).toHaveLength(1);
    expect(await ready()).toMatchObject({
      ready: true,
      quarantine: expect.stringMatching(/^It is another database/),
    });
    const token = await signIn(emails[0]!);
    const { data } = await legs(token, 'HYBRID');
    expect(data.search.legs[0]).toEqual({ leg: 'VECTOR', state: 'LEFT_OUT', reason: 'QUARANTINED' });
    expect(data.search.results).toEqual([{ title: 'zebra' }]);
    expect((await legs(token, 'VECTOR')).errors[0]!.extensions.code).toBe('CQ635');

    const dry = await ops('--dry-run');
    expect(dry.code).toBe(1);
    expect(dry.stdout).toMatch(/In quarantine: It is another database/);
    expect(dry.stdout).toMatch(/What waits: 0 mails/);
    expect(await ops()).toMatchObject({ code: 2, stderr: expect.stringContaining('(CQ641)') });
    expect(await ops('--environment', 'a b')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(CQ642)'),
    });
    // mail that waits is asked about when the environment changes
    await owner().query(MAIL);
    expect(await ops('--yes', '--no-environment')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(CQ636)'),
    });
    await owner().query(`delete from app_private.mail_outbox where kind = 'notice'`);
    expect((await ready()).quarantine).toBeDefined();

    const adopted = await ops('--yes', '--json');
    expect([adopted.code, adopted.stderr.trim()]).toEqual([0, expect.stringMatching(/^Database: /)]);
    expect(JSON.parse(adopted.stdout)).toMatchObject({ environment: 'production', discarded_mails: '0' });
    expect(await ops('--yes')).toMatchObject({ code: 0, stdout: 'It is adopted already: nothing to do.\n' });
    for (const queue of ['deliver-mail', 'cleanup-files', 'sweep-unindexed']) await work(queue);
    await until(async () => smtp.delivered.length === 2 && new Set(fake.billed).size >= 2);
    expect(smtp.delivered.flatMap(({ to }) => to).sort()).toEqual(emails);
    for (const email of emails) expect(fake.billed.join('\n')).toContain(`A zebra of ${email}`);
    expect(existsSync(bytes)).toBe(false);
    await until(async () => !('quarantine' in (await ready())));
    await until(async () => (await legs(token, 'VECTOR')).data?.search.legs[0].state === 'USED');
    expect(started.log().some(({ msg }) => /^The database was adopted/.test(msg))).toBe(true);

    // of no environment, which is another one than its processes declare; and back, without the mail that came meanwhile
    const none = await ops('--yes', '--no-environment', '--json');
    expect([none.code, none.stdout]).toEqual([0, expect.stringContaining('"environment":null')]);
    await until(async () => 'quarantine' in (await ready()));
    await owner().query(MAIL);
    const back = await ops('--yes', '--environment', 'production', '--waiting-mail', 'discard', '--json');
    expect([back.code, JSON.parse(back.stdout)]).toMatchObject([
      0,
      { environment: 'production', discarded_mails: '1' },
    ]);
    expect(smtp.delivered).toHaveLength(2);
  });

  /** The commands of a clone into staging, as the page has them. */
  it.runIf(binaries && sized(0, 1))('is what docs/operations/copies.md says', { timeout: LONG }, async () => {
    const page = readFileSync(join(projectFolder, 'docs/operations/copies.md'), 'utf8');
    const block = /```sh\n(pg_dump[^`]*)\nnpm start\n```/.exec(page)![1]!;
    const staging = `${original.slice(0, 40)}_staging_${randomBytes(3).toString('hex')}`;
    const url = (of: string): string =>
      Object.assign(new URL(copy.url('admin')), { pathname: `/${of}` }).href;
    try {
      const production = serverDatabase(url(original));
      await production.pool('owner').query(MAIL);
      await production.close();
      const done = await run('bash', ['-euc', block.replaceAll('colloquy_staging', staging)], {
        cwd: projectFolder,
        env: {
          ...process.env,
          PATH: `${binaries!.bin}:${process.env.PATH}`,
          WORK: dataDir,
          PRODUCTION_URL: url(original),
          SERVER_URL: url('postgres'),
          STAGING_URL: url(staging),
          LOG_LEVEL: 'silent',
        },
      });
      expect([done.code, done.stdout]).toEqual([
        0,
        expect.stringMatching(
          /In quarantine: It is another database[\s\S]*1 waiting mails were given up\.\n$/,
        ),
      ]);
      const adopted = serverDatabase(url(staging));
      const { rows } = await adopted.pool('worker').query(`select app_hidden.quarantine('staging') as q`);
      await adopted.close();
      expect(rows).toEqual([{ q: null }]);
    } finally {
      await admin.query(`drop database if exists "${staging}" with (force)`);
    }
  });
});
