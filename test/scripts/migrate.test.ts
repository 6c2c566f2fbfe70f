import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { queues } from '../../jobs/registry.ts';
import { databaseName } from '../../lib/connections/addresses.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { frozenProblems } from '../../lib/migrations/committed.ts';
import { migrateDatabase, projectFolder } from '../../lib/migrations.ts';
import { commit, uncommit } from '../../scripts/migrate/graphile.ts';
import { readEnvironment } from '../../scripts/migrate/mark.ts';
import { createEmptyDatabase, execute, query } from '../sql/databases.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { migrate } from './migrate-command.ts';

// each of them migrates a database from nothing, or several
vi.setConfig({ testTimeout: LONG });

const scratch = mkdtempSync(join(tmpdir(), 'colloquy-migrate-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describeReal('npm run migrate, on a server', () => {
  it('brings an empty database up to date, says so, and says the status with its exit code', async () => {
    const url = await createEmptyDatabase();
    const dry = await migrate({ url }, '--dry-run');
    expect(dry).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('would apply 000001-foundation.sql'),
    });
    expect(await query(url, `select from pg_namespace where nspname = 'app_public'`)).toEqual([]);

    const first = await migrate({ url });
    expect(first).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('applied 000001-foundation.sql'),
    });
    expect(first.stdout).toContain(`/${databaseName(url)}, because DATABASE_URL is set`);
    for (const queue of queues) expect(first.stdout).toContain(queue.name);

    const fresh = await migrate({ url }, '--status', '--json');
    expect(fresh.code).toBe(0);
    expect(JSON.parse(fresh.stdout)).toMatchObject({ upToDate: true, drift: [], environment: 'production' });

    await execute(url, 'drop function app_public.sign_out()');
    const drifted = await migrate({ url }, '--status');
    expect(drifted).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('function app_public.sign_out(): missing'),
    });
  });

  it('says in one line why it could not, with exit code 1', async () => {
    const url = 'postgres://nobody@127.0.0.1:1/nothing';
    const failed = await migrate({ url }, '--status');
    expect(failed.code).toBe(1);
    expect(failed.stderr).not.toContain('    at ');
  });

  it('resets a database only when it is marked, and keeps the mark', async () => {
    const { url } = await createTestDatabase();
    await execute(url, `create table public.keep_me ()`);
    const commands = [['reset', '--yes'], ['watch', '--once'], ['commit'], ['uncommit']];
    for (const refused of await Promise.all(commands.map((command) => migrate({ url }, ...command)))) {
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('(CQ041)') });
    }
    expect(await query(url, `select to_regclass('public.keep_me') is not null as kept`)).toEqual([
      { kept: true },
    ]);

    expect(await migrate({ url }, '--development')).toMatchObject({ code: 0 });
    // nobody is here to be asked
    expect(await migrate({ url }, 'reset')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--yes'),
    });
    const facts = `select datdba, encoding, datlocprovider, datlocale, datcollate, datctype from pg_database where datname = current_database()`;
    const before = await query(url, facts);
    expect(await migrate({ url }, 'reset', '--yes')).toMatchObject({ code: 0 });
    expect(await query(url, `select to_regclass('public.keep_me') is not null as kept`)).toEqual([
      { kept: false },
    ]);
    expect(await query(url, facts)).toEqual(before);
    const database = serverDatabase(url);
    expect(await readEnvironment(database).finally(() => database.close())).toBe('development');
  });
});

describeReal('writing a migration', () => {
  const root = join(scratch, 'project');
  const current = join(root, 'migrations/current/1-current.sql');
  const committed = (): string[] => readdirSync(join(root, 'migrations/committed')).sort();
  let url: string;
  let database: Database;
  const work = () => ({ root, adminUrl: url, database, quiet: true });

  beforeAll(async () => {
    mkdirSync(root);
    for (const name of ['.gmrc', 'migrations', 'functions', 'sql']) {
      cpSync(join(projectFolder, name), join(root, name), { recursive: true, verbatimSymlinks: true });
    }
    url = (await createTestDatabase()).url;
    database = serverDatabase(url);
    await migrateDatabase(database, queues);
  });
  afterAll(() => database?.close());

  it('commits it, takes it back, and leaves no shadow database', async () => {
    const before = committed();
    const text = 'create or replace view app_public.answer as select 42 as answer;\n';
    writeFileSync(current, text);
    const made = await commit(work(), 'an answer');
    expect(committed()).toEqual([...before, made]);
    expect(made).toMatch(/^\d{6}-an-answer\.sql$/);
    const path = join(root, 'migrations/committed', made);
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(readFileSync(path, 'utf8')).toContain(text);
    expect(frozenProblems(root)).toEqual([]);
    expect(readFileSync(join(root, 'migrations/frozen.txt'), 'utf8')).toContain(` ${made}\n`);
    const applied = `select filename from graphile_migrate.migrations order by filename desc limit 1`;
    expect(await query(url, applied)).toEqual([{ filename: `${made.slice(0, 6)}.sql` }]);
    // owned by the role of migrations, although an administrator's login ran it
    expect(
      await query(url, `select relowner::regrole::text as owner from pg_class where relname = 'answer'`),
    ).toEqual([{ owner: 'colloquy_owner' }]);

    expect(await uncommit(work())).toBe(made);
    expect(committed()).toEqual(before);
    expect(frozenProblems(root)).toEqual([]);
    expect(readFileSync(current, 'utf8')).toContain(text.trim());
    expect(await query(url, applied)).toEqual([{ filename: `${before.at(-1)!.slice(0, 6)}.sql` }]);
    expect(await query(url, `select datname from pg_database where datname ~ 'shadow'`)).toEqual([]);
  });

  it('of a release is not taken back', async () => {
    const path = join(root, 'migrations/frozen.txt');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `${text}# released 9.9.9\n`);
    await expect(uncommit(work())).rejects.toMatchObject({ code: 'CQ043' });
    writeFileSync(path, text);
  });

  it('leaves everything as it was when the migration does not work on an empty database', async () => {
    const before = committed();
    const text = 'select from app_public.nothing_of_that_name;\n';
    writeFileSync(current, text);
    await expect(commit(work(), 'broken')).rejects.toMatchObject({ code: 'CQ016' });
    expect(committed()).toEqual(before);
    expect(readFileSync(current, 'utf8')).toBe(text);
  });
});

it('every command explains itself', async () => {
  const [all, one, wrong] = await Promise.all([
    migrate({ data: scratch }, '--help'),
    migrate({ data: scratch }, 'reset', '--help'),
    migrate({ data: scratch }, '--nonsense'),
  ]);
  for (const name of ['watch', 'commit', 'uncommit', 'reset', 'Examples']) expect(all.stdout).toContain(name);
  expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining('--force') });
  expect(all.code).toBe(0);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown option '--nonsense'") });
});
