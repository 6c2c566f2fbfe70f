import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { queues } from '../../jobs/registry.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { readFunctions } from '../../lib/functions.ts';
import { freeze, frozenProblems, isReleased, releasedVersions } from '../../lib/migrations/committed.ts';
import {
  committedMigrations,
  migrateDatabase,
  migrationStatus,
  projectFolder,
} from '../../lib/migrations.ts';
import { adopt } from '../../scripts/migrate/adopt.ts';
import { findDrift } from '../../scripts/migrate/drift.ts';
import { readStatus } from '../../scripts/migrate/status.ts';
import { dumpSchema } from '../../tools/picture/picture.ts';
import type { Binaries } from '../../tools/postgres/packages.ts';
import { testBinaries } from '../support/binaries.ts';
import { LONG } from '../support/limits.ts';
import { restoreDump } from '../support/releases.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser } from '../support/users.ts';
import { createEmptyDatabase, execute, query } from './databases.ts';

// each of them migrates a database from nothing, or several
vi.setConfig({ testTimeout: LONG });

const committed = committedMigrations().map((one) => one.filename);

describe('committed migrations', () => {
  const roots: string[] = [];
  afterAll(() => {
    for (const root of roots) rmSync(root, { recursive: true });
  });

  /** A copy of migrations/, to be changed. */
  function copy(): { root: string; file: (start: string) => string } {
    const root = mkdtempSync(join(tmpdir(), 'colloquy-frozen-'));
    roots.push(root);
    cpSync(join(projectFolder, 'migrations'), join(root, 'migrations'), { recursive: true });
    return {
      root,
      file: (start) => join(root, 'migrations/committed', committed.find((name) => name.startsWith(start))!),
    };
  }
  const problems = (root: string): string[] =>
    frozenProblems(root).map(({ file, message }) => `${file}: ${message}`);

  it('have the text of migrations/frozen.txt, and are in it all', () => {
    expect(frozenProblems()).toEqual([]);
  });

  it('of each release are stored with rows in every table, and this version is one', () => {
    const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'));
    expect(releasedVersions()).toContain(version);
    for (const released of releasedVersions()) {
      expect(existsSync(join(projectFolder, `test/fixtures/releases/${released}.sql.gz`)), released).toBe(
        true,
      );
    }
  });

  it('are refused when one is edited, removed, renamed, or comes between, without a database', () => {
    const { root, file } = copy();
    appendFileSync(file('000002'), 'select 1;\n');
    writeFileSync(
      file('000003'),
      readFileSync(file('000003'), 'utf8').replace(/(Previous: sha1:)../, '$1zz'),
    );
    rmSync(file('000009'));
    renameSync(file('000010'), join(root, 'migrations/committed/000010-other.sql'));
    const text = problems(root).join('\n');
    expect(text).toMatch(/000002.*Its text was changed/);
    expect(text).toMatch(/000003.*The migration before/);
    expect(text).toMatch(/000003.*Its text was changed/);
    expect(text).toMatch(/000009.*the file is gone/);
    expect(text).toMatch(/000010-other.*not in migrations\/frozen.txt/);
    for (const { hint } of frozenProblems(root)) expect(hint).toMatch(/git restore|npm run migrate/);
  });

  it('that were not released can be taken back, and a line for what is new is added', () => {
    const { root } = copy();
    const path = join(root, 'migrations/frozen.txt');
    const before = readFileSync(path, 'utf8');
    appendFileSync(path, '# released 9.9.9\n');
    const last = committed.at(-1)!;
    expect([isReleased(last, root), isReleased('999999-new.sql', root)]).toEqual([true, false]);
    const added = join(root, 'migrations/committed/999999-new.sql');
    const lastHash = committedMigrations(root).at(-1)!.hash;
    writeFileSync(added, `--! Previous: ${lastHash}\n--! Hash: sha1:new\n\nselect 1;\n`);
    freeze(root);
    expect(readFileSync(path, 'utf8')).toMatch(/# released 9\.9\.9\n[0-9a-f]{64} {2}999999-new\.sql\n$/);
    expect([problems(root), isReleased('999999-new.sql', root)]).toEqual([[], false]);
    rmSync(added);
    freeze(root);
    expect(readFileSync(path, 'utf8')).toBe(`${before.trimEnd()}\n# released 9.9.9\n`);
  });
});

describeReal('migrations', () => {
  let binaries: Binaries;
  beforeAll(async () => {
    binaries = await testBinaries();
  });

  const open: Database[] = [];
  const connect = (url: string): Database => {
    const database = serverDatabase(url);
    open.push(database);
    return database;
  };
  afterAll(async () => {
    await Promise.all(open.map((database) => database.close()));
  });

  /** A row for each object, which any change of the object would touch; what belongs to pg-boss and graphile-migrate is granted anew each time. */
  const catalogue = (url: string) =>
    query(
      url,
      `with places as (select oid from pg_namespace where nspname ~ '^app_')
       select 'relation' as what, oid::text, xmin::text from pg_class where relnamespace in (select oid from places)
       union all select 'function', oid::text, xmin::text from pg_proc where pronamespace in (select oid from places)
       union all select 'policy', oid::text, xmin::text from pg_policy
       union all select 'trigger', oid::text, xmin::text from pg_trigger
       order by 1, 2`,
    );

  it('run from zero; a second run changes nothing; two at once wait for each other', async () => {
    const empty = await createEmptyDatabase();
    const [one, two, three] = [connect(empty), connect(empty), connect(empty)];
    const applied: string[] = [];
    const results = await Promise.all(
      [one, two].map((database) =>
        migrateDatabase(database, queues, { onApplied: (name) => applied.push(name) }),
      ),
    );
    expect(results.flatMap((result) => result.migrations)).toEqual(applied);
    expect(applied).toEqual(committed);
    expect(results.flatMap((result) => result.functions)).toEqual(readFunctions().map((file) => file.path));
    const rows = await query(empty, 'select filename from graphile_migrate.migrations order by filename');
    expect(rows.map((row) => row.filename)).toEqual(applied.map((name) => `${name.slice(0, 6)}.sql`));

    const [dump, before] = [await dumpSchema(empty, binaries), await catalogue(empty)];
    expect(await migrateDatabase(three, queues)).toEqual({ migrations: [], functions: [] });
    expect(await dumpSchema(empty, binaries)).toBe(dump);
    expect(await catalogue(empty)).toEqual(before);
  });

  it('leave the schema as it is when all of functions/ is applied anew', async () => {
    const { url } = await createTestDatabase();
    const database = connect(url);
    const before = await dumpSchema(url, binaries);
    const { functions } = await migrateDatabase(database, queues, { allFunctions: true });
    expect(functions).toEqual(readFunctions().map((file) => file.path));
    expect(await dumpSchema(url, binaries)).toBe(before);
  });

  it('a migration that cannot have a lock says which, and what to do, and leaves nothing', async () => {
    const { url } = await createTestDatabase();
    const database = connect(url);
    const last = committed.at(-1)!;
    // as if the last one were still to run, and a session were in its way
    await execute(url, `delete from graphile_migrate.migrations where filename = '${last.slice(0, 6)}.sql'`);
    const blocker = new pg.Client({ connectionString: url });
    await blocker.connect();
    try {
      await blocker.query('begin; lock table graphile_migrate.migrations in share mode');
      await expect(migrateDatabase(database, queues, { lockTimeout: '300ms' })).rejects.toMatchObject({
        code: 'CQ040',
        message: expect.stringContaining(`${last} waited 300ms`),
        hint: expect.stringContaining('pg_stat_activity'),
      });
    } finally {
      await blocker.end();
    }
    expect((await migrationStatus(database.pool('admin'))).pending).toEqual([last]);
  });
});

describeReal('functions/ applied to a database that has them', () => {
  let url: string;
  let database: Database;
  beforeAll(async () => {
    url = (await createTestDatabase()).url;
    database = serverDatabase(url);
  });
  afterAll(() => database?.close());

  const forget = (path: string): Promise<void> =>
    execute(url, `update app_hidden.applied_functions set hash = repeat('0', 64) where path = '${path}'`);
  const latest = async (path: string): Promise<unknown> =>
    (
      await query(
        url,
        `select hash from app_hidden.applied_functions where path = '${path}' order by id desc limit 1`,
      )
    )[0]!.hash;
  const hashOf = (path: string): string => readFunctions().find((file) => file.path === path)!.hash;

  it('applies what differs and nothing else, and records it', async () => {
    await forget('auth/sign_out.sql');
    expect((await migrationStatus(database.pool('admin'))).pendingFunctions).toEqual(['auth/sign_out.sql']);
    const before = await query(
      url,
      `select oid::text, xmin::text, proname from pg_proc where pronamespace::regnamespace::text ~ '^app_' order by 1`,
    );
    expect(await migrateDatabase(database, queues)).toEqual({
      migrations: [],
      functions: ['auth/sign_out.sql'],
    });
    expect(await latest('auth/sign_out.sql')).toBe(hashOf('auth/sign_out.sql'));
    const after = await query(
      url,
      `select oid::text, xmin::text, proname from pg_proc where pronamespace::regnamespace::text ~ '^app_' order by 1`,
    );
    const changed = after.filter((row, place) => row.xmin !== before[place]?.xmin).map((row) => row.proname);
    expect(changed).toEqual(['sign_out']);
  });

  it('applies what is missing, though its text was recorded', async () => {
    await execute(
      url,
      `drop function app_public.sign_out(); drop policy select_self on app_public.users;
       drop trigger users_90_set_updated_at on app_public.users`,
    );
    expect((await migrateDatabase(database, queues)).functions).toEqual([
      'auth/sign_out.sql',
      'policies/users.sql',
      'support/set_updated_at.sql',
    ]);
  });

  it('leaves alone what was changed by hand, unless it is to be repaired', async () => {
    const body = `select prosrc ~ 'by hand' as changed from pg_proc where proname = 'current_user_id'`;
    await execute(
      url,
      `create or replace function app_hidden.current_user_id() returns uuid language sql stable as 'select null::uuid /* by hand */'`,
    );
    expect((await migrateDatabase(database, queues)).functions).toEqual([]);
    expect(await query(url, body)).toEqual([{ changed: true }]);
    await migrateDatabase(database, queues, { allFunctions: true });
    expect(await query(url, body)).toEqual([{ changed: false }]);
  });

  it('waits for a lock and then has it, and gives up with CQ040 when it cannot, leaving nothing', async () => {
    await forget('policies/users.sql');
    const blocker = new pg.Client({ connectionString: url });
    await blocker.connect();
    try {
      await blocker.query('begin; lock table app_public.users in access share mode');
      await expect(migrateDatabase(database, queues, { lockTimeout: '20ms' })).rejects.toMatchObject({
        code: 'CQ040',
        hint: expect.stringContaining('pg_stat_activity'),
      });
      expect(await latest('policies/users.sql')).toBe('0'.repeat(64));
      const waiting = migrateDatabase(database, queues, { lockTimeout: '5s' });
      await expect
        .poll(
          async () =>
            (await query(url, 'select from pg_locks where not granted and relation is not null')).length,
        )
        .toBeGreaterThan(0);
      await blocker.query('rollback');
      expect((await waiting).functions).toEqual(['policies/users.sql']);
    } finally {
      await blocker.end();
    }
  });

  it('is served by an older program: a text that the database had is no reason to refuse', async () => {
    await execute(
      url,
      `insert into app_hidden.applied_functions (path, hash) values ('auth/sign_out.sql', repeat('1', 64))`,
    );
    expect(await migrationStatus(database.pool('authenticator'))).toMatchObject({
      pendingFunctions: [],
      supersededFunctions: ['auth/sign_out.sql'],
    });
    expect((await migrateDatabase(database, queues)).functions).toEqual(['auth/sign_out.sql']);
    expect((await migrationStatus(database.pool('worker'))).supersededFunctions).toEqual([]);
  });
});

describeReal('a database from before 0.1.0', () => {
  /** As main had it: the copies of functions/ were migrations. */
  const earlier = `
    delete from graphile_migrate.migrations where filename >= '000015.sql';
    insert into graphile_migrate.migrations (hash, previous_hash, filename) values
      ('sha1:0e5bdcda699708f4f8bb9c275157e388a141dc83', 'sha1:3745a9526990352949718c65585abb7db50e792b', '000015.sql'),
      ('sha1:13f8718595e07d753eabf39a2f9bab537c8e992e', 'sha1:0e5bdcda699708f4f8bb9c275157e388a141dc83', '000016.sql');
    drop table app_hidden.applied_functions;`;

  it('that has all of it is brought here by migrate alone', async () => {
    const { url } = await createTestDatabase();
    await execute(url, earlier);
    const database = serverDatabase(url);
    try {
      expect((await migrationStatus(database.pool('admin'))).changed).toEqual([]);
      const { migrations, functions } = await migrateDatabase(database, queues);
      expect(migrations).toEqual(committed.filter((name) => name >= '000016'));
      expect(functions).toEqual(readFunctions().map((file) => file.path));
      expect(await readStatus(database, { drift: true })).toMatchObject({ drift: [], upToDate: true });
    } finally {
      await database.close();
    }
  });

  it('from before its last migration gets its tables, moves its data, and serves the people that it had', async () => {
    const url = await createEmptyDatabase();
    // made by the commit that main had at the beginning of its last day before 0.1.0, through the API
    await restoreDump(join(projectFolder, 'test/fixtures/before-0.1.0/functions.sql.gz'), url);
    const database = serverDatabase(url);
    try {
      const counts = () =>
        query(
          url,
          `select (select count(*) from app_public.users) as users, (select count(*) from app_public.chunks) as chunks,
             (select count(*) from app_public.embeddings) as vectors, (select count(*) from app_public.messages) as messages`,
        );
      const before = await counts();
      expect((await migrationStatus(database.pool('admin'))).pending[0]).toMatch(/^000015/);
      await migrateDatabase(database, queues);
      expect(await counts()).toEqual(before);
      expect(before).toEqual([{ users: '1', chunks: '2', vectors: '2', messages: '1' }]);
      expect(await readStatus(database, { drift: true })).toMatchObject({ drift: [], upToDate: true });
      expect(
        await query(url, `select word from app_hidden.workspace_words where word = 'zebra'`),
      ).toHaveLength(1);
      expect(await query(url, 'select content from app_hidden.cited_passages')).toEqual([
        { content: expect.stringContaining('zebra lives') },
      ]);
      const [person] = await query(
        url,
        `select m.user_id as id, m.workspace_id as "workspaceId", m.role as "memberRole" from app_public.workspace_members m`,
      );
      const found = await asUser(database, person as never, (client) =>
        client.query(
          `select r.content from app_public.search(query => 'zerba enclosure', mode => 'text') as s, unnest(s.results) as r`,
        ),
      );
      expect(found.rows[0]).toEqual({ content: expect.stringContaining('northern enclosure') });
    } finally {
      await database.close();
    }
  });

  it('with another history is refused and left alone, until its tables are the same and it is adopted', async () => {
    const { url } = await createTestDatabase();
    await execute(
      url,
      `${earlier}
       alter table graphile_migrate.migrations drop constraint migrations_previous_hash_fkey;
       update graphile_migrate.migrations set hash = 'sha1:other' where filename = '000004.sql';
       drop type app_private.analytics_day cascade;
       alter table app_public.users add column nickname text`,
    );
    const database = serverDatabase(url);
    try {
      await expect(migrateDatabase(database, queues)).rejects.toMatchObject({
        code: 'CQ044',
        message: expect.stringContaining('000004-knowledge.sql'),
        hint: expect.stringContaining('docs/upgrading.md'),
      });
      await expect(adopt(database)).rejects.toMatchObject({
        code: 'CQ044',
        message: expect.stringContaining('column app_public.users: nickname: extra'),
      });
      await execute(url, 'alter table app_public.users drop column nickname');
      await adopt(database);
      await migrateDatabase(database, queues);
      expect(await readStatus(database, { drift: true })).toMatchObject({ drift: [], upToDate: true });
    } finally {
      await database.close();
    }
  });
});

describeReal('the status of a database', () => {
  let url: string;
  let database: Database;
  beforeAll(async () => {
    url = (await createTestDatabase()).url;
    database = serverDatabase(url);
  });
  afterAll(() => database?.close());

  it('finds no drift in a fresh one, and looking leaves no trace', async () => {
    const trace = () =>
      query(
        url,
        'select oid::text, xmin::text from pg_proc union all select oid::text, xmin::text from pg_policy order by 1, 2',
      );
    const before = await trace();
    expect(await readStatus(database, { drift: true })).toMatchObject({
      drift: [],
      upToDate: true,
      pending: [],
    });
    expect(await trace()).toEqual(before);
  });

  it('finds what was changed by hand, also what no file of functions/ mentions', async () => {
    await execute(
      url,
      `create or replace function app_hidden.current_user_id() returns uuid language sql stable as 'select null::uuid';
       alter policy select_self on app_public.users using (true);
       drop trigger users_90_set_updated_at on app_public.users;
       revoke select on app_public.workspaces from colloquy_user;
       alter table app_public.documents disable row level security;
       grant select on app_private.settings to colloquy_user;
       create function app_public.left_over() returns integer language sql as 'select 1'`,
    );
    const drift = await findDrift(database);
    const found = drift.map((one) => `${one.kind} ${one.name} ${one.state}`);
    for (const expected of [
      /^function app_hidden\.current_user_id\(\) differs/,
      /^policy .*select_self.* differs/,
      /^trigger .*users_90_set_updated_at.* missing/,
      /^grant .*app_public\.workspaces/,
      /^table app_public\.documents differs/,
      /^grant .*app_private\.settings/,
      /^function app_public\.left_over\(\) extra/,
    ]) {
      expect(found).toContainEqual(expect.stringMatching(expected));
    }
    expect(drift.every((one) => !one.name.includes('app_public.sign_in'))).toBe(true);
  });

  it('is looked at while tables are written, and gives up with CQ040 while one is changed', async () => {
    const blocker = new pg.Client({ connectionString: url });
    await blocker.connect();
    try {
      await blocker.query('begin; lock table app_public.conversations in exclusive mode');
      expect((await findDrift(database)).length).toBeGreaterThan(0);
      await blocker.query('lock table app_public.conversations in access exclusive mode');
      await expect(findDrift(database)).rejects.toMatchObject({ code: 'CQ040' });
    } finally {
      await blocker.end();
    }
  });

  it('reports a migration whose text is not what was applied, and one this copy does not know', async () => {
    await execute(
      url,
      `alter table graphile_migrate.migrations drop constraint migrations_previous_hash_fkey;
       update graphile_migrate.migrations set hash = 'sha1:other' where filename = '000002.sql';
       insert into graphile_migrate.migrations (hash, filename) values ('sha1:newer', '999999.sql')`,
    );
    expect(await readStatus(database, { drift: true })).toMatchObject({
      changed: [expect.stringMatching(/^000002/)],
      unknown: ['999999.sql'],
      drift: undefined,
      upToDate: false,
    });
    await expect(migrateDatabase(database, queues)).rejects.toMatchObject({ code: 'CQ015' });
  });
});
