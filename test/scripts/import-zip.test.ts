import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { localStorage } from '../../lib/storage.ts';
import { count, importPaths, run } from '../import/database.ts';
import { conversation, makeFolder, node } from '../import/helpers.ts';
import { zip } from '../support/files.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { PASSWORD, registerUser, type TestUser, until } from '../support/users.ts';

const lines = (...values: object[]): string => values.map((value) => JSON.stringify(value)).join('\n');

/** What a person may have put into one ZIP. */
const files = {
  'guide.md': '# Guide\n\nOf the harbour.',
  'paper.pdf': '%PDF-1.7 of a kind',
  'chatgpt/conversations.json': JSON.stringify([
    conversation('zipped', [node('a', null, 'Where do marmots sleep?'), node('b', 'a', 'In burrows.')]),
  ]),
  'sessions/s.jsonl': lines(
    {
      type: 'user',
      uuid: 'u',
      parentUuid: null,
      sessionId: 's',
      timestamp: '2026-01-01T00:00:00Z',
      message: { role: 'user', content: 'Run it' },
    },
    {
      type: 'assistant',
      uuid: 'v',
      parentUuid: 'u',
      sessionId: 's',
      timestamp: '2026-01-01T00:00:01Z',
      message: {
        id: 'm',
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'A secret thought' },
          { type: 'tool_use', id: 't', name: 'Write', input: { content: 'x'.repeat(2_000_000) } },
        ],
      },
    },
    {
      type: 'user',
      uuid: 'w',
      parentUuid: 'v',
      sessionId: 's',
      timestamp: '2026-01-01T00:00:02Z',
      message: {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 't', content: 'y'.repeat(2_000_000) }],
      },
    },
  ),
};

describeReal('npm run import of a ZIP', () => {
  let database: Database;
  let env: Record<string, string>;
  let user: TestUser;
  const temporary = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'import-zip-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return folder;
  };

  beforeAll(async () => {
    const { url } = await createTestDatabase();
    database = serverDatabase(url);
    user = await registerUser(database, 'ann@example.org');
    env = { DATABASE_URL: url, COLLOQUY_EMAIL: 'ann@example.org', COLLOQUY_PASSWORD: PASSWORD };
  });
  afterAll(() => database?.close());

  test('stores what the folder would give, so that importing the folder afterwards changes nothing', async () => {
    const folder = await makeFolder({ 'handbook.zip': zip(files) }, 'downloads');
    const data = await temporary();
    const { code, stdout } = await run(
      'scripts/import.ts',
      ['--json', '--data', data, join(folder, 'handbook.zip')],
      env,
    ).ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      documents: { imported: 1 },
      uploads: { imported: 1 },
      conversations: { imported: 2 },
      messages: { imported: 4 },
      toolCalls: { imported: 1 },
      skipped: [],
    });
    const unpacked = await makeFolder(files, 'handbook');
    const { outcomes } = await importPaths(database, user.token, unpacked, {
      storage: localStorage(join(data, 'files')),
    });
    expect(outcomes.toSorted()).toEqual([
      'chatgpt:zipped: unchanged',
      'claude-code:s: unchanged',
      'file:handbook/guide.md: unchanged',
      'file:handbook/paper.pdf: unchanged',
    ]);
    expect(
      await count(database, `select count(*) from app_public.messages where content like '%secret%'`),
    ).toBe(0);
    expect(
      await count(
        database,
        `select count(*) from app_public.messages where metadata ->> 'thinking' like '%secret%'`,
      ),
    ).toBe(1);
  });

  test('killed while it reads, leaves what it unpacked to the next, which is damage when a file is', {
    timeout: LONG,
  }, async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}.md`, `# ${i}`]));
    const folder = await makeFolder(
      { 'many.zip': zip(many), 'bad.zip': zip({ 'a.md': '# A', '../evil.md': '# B' }) },
      'downloads',
    );
    const own = { ...env, TMPDIR: await temporary() };
    const first = run('scripts/import.ts', ['--dry-run', join(folder, 'many.zip')], own);
    await until(async () => (await readdir(own.TMPDIR)).length > 0);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(await readdir(own.TMPDIR)).toHaveLength(1);
    const next = await run('scripts/import.ts', [join(folder, 'bad.zip')], own).ended;
    expect(next.code).toBe(1);
    expect(next.stdout).toMatch(/1 broken_zip[\s\S]*bad\.zip » \.\.\/evil\.md: a path with "\.\."/);
    expect(await readdir(own.TMPDIR)).toEqual([]);
  });
});
