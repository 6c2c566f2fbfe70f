import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { count, dump, importPaths, run } from '../import/database.ts';
import { conversation, makeFolder, node } from '../import/helpers.ts';
import { copyEmbedded } from '../support/embedded.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { PASSWORD, registerUser, type TestUser, until } from '../support/users.ts';

const runImport = (args: string[], env: Record<string, string> = {}) => run('scripts/import.ts', args, env);
const runToEnd = (args: string[], env: Record<string, string> = {}) => runImport(args, env).ended;

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'import-data-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('npm run import', () => {
  test('explains itself', async () => {
    const help = await runToEnd(['--help']);
    expect(help.code).toBe(0);
    for (const word of 'Examples: ZIP repomix ChatGPT Claude Slack LibreChat Gemini Discord Codex'.split(' '))
      expect(help.stdout).toContain(word);
    expect((await runToEnd([])).code).toBe(2);
  });

  test('says what it would import, without database or account', async () => {
    const folder = await makeFolder({ 'a.md': '# One', 'b.bin': Buffer.from([0x7f, 0x45, 0x4c, 0x46]) });
    const dry = await runToEnd(['--dry-run', '--json', '--data', '/nowhere', folder]);
    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.stdout)).toMatchObject({
      dryRun: true,
      isWhole: true,
      found: { documents: 1, conversations: 0, messages: 0 },
      skipped: [{ reason: 'binary', count: 1, items: [{ source: 'notes/b.bin', detail: 'a program' }] }],
    });
  });

  test('says what is missing, and what to do', async () => {
    const data = await emptyFolder();
    const folder = await makeFolder({ 'a.md': '# One' });
    const account = ['--email', 'a@example.org', '--password', 'x'];
    const cases: [string[], RegExp, number][] = [
      [[join(folder, 'b.md')], /no file or folder ".*b\.md".*CQ030/, 2],
      [['--name', 'n', folder, data], /--name "n" was given for 2 paths.*CQ031/, 2],
      [[folder], /no account.*CQ033[\s\S]*npm start/, 1],
      [
        ['--email', 'a@example.org', folder],
        /no password for a@example\.org.*CQ033[\s\S]*COLLOQUY_PASSWORD/,
        1,
      ],
      [[...account, folder], /not been prepared.*CQ032[\s\S]*npm start or npm run migrate/, 1],
      [['--max-bytes', '1G', folder], /at most 20M/, 2],
    ];
    const ended = await Promise.all(cases.map(([args]) => runToEnd(['--data', data, ...args])));
    for (const [i, { code, stderr, stdout }] of ended.entries()) {
      expect(stderr).toMatch(cases[i]![1]);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect([code, stdout]).toEqual([cases[i]![2], '']);
    }
  });
});

describeReal('npm run import on a server', () => {
  let database: Database;
  let url: string;
  let env: Record<string, string>;
  let user: TestUser;

  beforeAll(async () => {
    ({ url } = await createTestDatabase());
    database = serverDatabase(url);
    user = await registerUser(database, 'ann@example.org');
    env = { DATABASE_URL: url, COLLOQUY_EMAIL: 'ann@example.org', COLLOQUY_PASSWORD: PASSWORD };
  });
  afterAll(() => database?.close());

  test('exit codes: 0 for ordinary skips, 1 for damage, a wrong password or nothing at all', async () => {
    const fine = await makeFolder({ 'a.md': '# One', 'b.bin': Buffer.from([0x7f, 0x45, 0x4c, 0x46]) });
    const damaged = await makeFolder({
      'a.md': '# One',
      'conversations.json': '[{"title": "x", "mapping": {',
    });
    const [good, bad, wrong, nothing] = await Promise.all([
      runToEnd([fine], env),
      runToEnd([damaged, '--name', 'damaged'], env),
      runToEnd([fine], { ...env, COLLOQUY_PASSWORD: 'wrong' }),
      runToEnd([join(fine, 'b.bin')], env),
    ]);
    expect(good.stdout).toMatch(/documents\s+1\s+0\s+0/);
    expect(good.stdout).toMatch(/Still to be found: 1 of 1 by their words; the running server/);
    expect(bad.stdout).toMatch(/1 broken_json/);
    expect(wrong.stderr).toMatch(/password is wrong.*CQ102/);
    expect(nothing.stderr).toMatch(/nothing to import.*CQ035/);
    expect([good, bad, wrong, nothing].map((each) => each.code)).toEqual([0, 1, 1, 1]);
    expect(await count(database, 'select count(*) from app_private.user_sessions')).toBe(1);
  });

  test('killed or interrupted in the middle, it goes on where it was and doubles nothing', {
    timeout: LONG,
  }, async () => {
    const total = 1_000;
    const files = Object.fromEntries(
      Array.from({ length: total }, (_, i) => [`f${i}.md`, `# ${i}\n\n${'word '.repeat(2000)}`]),
    );
    const list = Array.from({ length: total }, (_, i) =>
      conversation(`many${i}`, [
        node('a', null, `question ${i}`, 1_700_000_000 + i),
        node('b', 'a', 'answer', 1_700_000_000 + i + 10),
      ]),
    );
    const folder = await makeFolder({ ...files, 'aaa.json': JSON.stringify(list) }, 'many');
    const conversations = () =>
      count(database, `select count(*) from app_public.conversations where external_id like 'chatgpt:many%'`);

    const killed = runImport([folder], env);
    await until(async () => (await conversations()) > 20);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const left = await conversations();
    expect(left).toBeLessThan(total);

    const interrupted = runImport([folder], env);
    await until(async () => (await conversations()) > left + 20);
    interrupted.child.kill('SIGINT');
    const { code, stdout } = await interrupted.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(/Run the same command again/);
    expect(await conversations()).toBeLessThan(total);

    const last = await runToEnd([folder, '--json'], env);
    expect(last.code).toBe(0);
    const summary = JSON.parse(last.stdout);
    expect(summary.conversations.imported + summary.conversations.unchanged).toBe(total);
    expect(summary.conversations.unchanged).toBeGreaterThan(left);
    expect(await conversations()).toBe(total);
    const documents = `select count(*) from app_public.documents where source_url like 'file:many/%'`;
    expect(await count(database, documents)).toBe(total);
    const messages = `select count(*) from app_public.messages m join app_public.conversations c on c.id = m.conversation_id
      where c.external_id like 'chatgpt:many%' and c.message_count = 2`;
    expect(await count(database, messages)).toBe(2 * total);

    const before = await dump(database);
    const { summary: again } = await importPaths(database, user.token, folder);
    expect(again.tally.counts.messages).toEqual({ imported: 0, updated: 0, unchanged: 2 * total });
    expect(await dump(database)).toEqual(before);
  });

  test('--wait works where no server does, waits for its own alone, and names what cannot be read', {
    timeout: LONG,
  }, async () => {
    // something of the same workspace that nobody can do for an hour
    await database.pool('owner').query(
      `with d as (
         insert into app_public.documents (workspace_id, owner_id, title, content) values ($1, $2, 'Other', 'other')
         returning id, workspace_id, content_hash
       )
       insert into app_hidden.cutting_failures (workspace_id, document_id, content_hash, attempts, code, error, next_attempt_at)
       select workspace_id, id, content_hash, 1, 'CQ316', 'later', now() + interval '1 hour' from d`,
      [user.workspaceId, user.id],
    );
    const data = await emptyFolder();
    const folder = await makeFolder(
      { 'a.md': '# Quokka\n\nIt smiles.', 'bad.pdf': '%PDF-1.4 and no more' },
      'waited',
    );
    const waited = await runToEnd(['--wait', '--data', data, folder], env);
    expect(waited.stderr).toMatch(/Indexing: \d+ % found by words/);
    expect(waited.stdout).toMatch(/Cannot be searched 1:\n {2}file:waited\/bad\.pdf: .* \(CQ32\d\)/);
    expect(waited.stdout).toContain('1 of 2 are searchable as a whole');
    expect(waited.stdout).not.toContain('Everything is searchable');
    expect(waited.code).toBe(1);
    const fine = await runToEnd(
      ['--wait', '--data', data, '--json', join(folder, 'a.md'), '--name', 'waited'],
      env,
    );
    expect(JSON.parse(fine.stdout)).toMatchObject({
      indexing: { isComplete: true, passages: 1, withVector: 1 },
      failed: [],
    });
    expect(fine.code).toBe(0);
  });

  test('a server that goes away ends it with a word about what to do', async () => {
    const list = Array.from({ length: 3000 }, (_, i) =>
      conversation(`lost${i}`, [node('a', null, 'hello', 1_700_000_000)]),
    );
    const folder = await makeFolder({ 'conversations.json': JSON.stringify(list) });
    const lost = runImport([folder], env);
    const imported = `select count(*) from app_public.conversations where external_id like 'chatgpt:lost%'`;
    await until(async () => (await count(database, imported)) > 20);
    // until it notices: a connection that was idle at that moment is only replaced
    await until(async () => {
      await database.pool('admin').query(
        `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'colloquy authenticator' and datname = current_database()`,
      );
      return lost.child.exitCode !== null;
    });
    const { code, stderr, stdout } = await lost.ended;
    expect(stderr).toMatch(/connection was lost.*CQ034[\s\S]*run the same command again/);
    expect(stdout).toMatch(/conversations\s+\d+/);
    expect(code).toBe(1);
  });
});

describe('npm run import on the embedded database', () => {
  test('through the process that runs it, and alone with --wait', { timeout: LONG }, async () => {
    const data = await emptyFolder();
    await copyEmbedded(data);
    const folder = await makeFolder({ 'cats.md': '# Cats\n\nA kitten is lying on the rug.' });
    const staying = run('test/scripts/import-stay-process.ts', [data], {});
    await until(async () => staying.output().includes('ready') || staying.child.exitCode !== null);

    const joined = await runToEnd([
      '--data',
      data,
      '--verbose',
      folder,
      join(import.meta.dirname, '../fixtures/chatgpt'),
    ]);
    expect(joined.stderr).toMatch(/through the process that runs it/);
    expect(joined.stdout).toMatch(/documents\s+1\s+0\s+0\nconversations\s+2\s+0\s+0\nmessages\s+13\s+0\s+0/);
    expect(joined.code).toBe(0);
    staying.child.stdin?.end();
    expect((await staying.ended).stderr).toBe('');

    const alone = await runToEnd(['--data', data, '--json', '--wait', folder]);
    expect(alone.stderr).toMatch(/100 %/);
    expect(JSON.parse(alone.stdout)).toMatchObject({
      documents: { imported: 0, updated: 0, unchanged: 1 },
      indexing: { isComplete: true, items: 1, waiting: 0, passages: 1, withVector: 1 },
      failed: [],
    });
    expect(alone.code).toBe(0);
  });
});
