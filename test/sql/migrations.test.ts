import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import graphileMigrate from 'graphile-migrate/dist/migration.js';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queues } from '../../jobs/registry.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import {
  committedMigrations,
  migrateDatabase,
  migrateSettings,
  migrationStatus,
  projectFolder,
} from '../../lib/migrations.ts';
import { findDrift } from '../../scripts/migrate/drift.ts';
import { lintHashes } from '../../scripts/migrate/hashes.ts';
import { readStatus } from '../../scripts/migrate/status.ts';
import { dumpSchema } from '../../tools/picture/picture.ts';
import { findBinaries } from '../../tools/postgres/acquire.ts';
import type { Binaries } from '../../tools/postgres/packages.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { createEmptyDatabase, execute, query } from './databases.ts';

const committed = committedMigrations().map((one) => one.filename);

it('committed migrations have the text they were committed with', () => {
  expect(lintHashes(projectFolder)).toEqual([]);
});

it('an edited committed migration, and a broken chain, are reported without a database', () => {
  const root = mkdtempSync(join(tmpdir(), 'colloquy-hashes-'));
  try {
    cpSync(join(projectFolder, 'migrations/committed'), join(root, 'migrations/committed'), {
      recursive: true,
    });
    const file = (start: string): string =>
      join(root, 'migrations/committed', committed.find((name) => name.startsWith(start))!);
    writeFileSync(file('000002'), `${readFileSync(file('000002'), 'utf8')}select 1;\n`);
    writeFileSync(
      file('000003'),
      readFileSync(file('000003'), 'utf8').replace(/(Previous: sha1:)../, '$1zz'),
    );
    expect(lintHashes(root).map(({ file: path, message }) => `${path}: ${message.slice(0, 20)}`)).toEqual([
      expect.stringMatching(/000002.*Its text was changed/),
      expect.stringMatching(/000003.*The migration before/),
      expect.stringMatching(/000003.*Its text was changed/),
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

describeReal('migrations', () => {
  let binaries: Binaries;
  beforeAll(async () => {
    binaries = await findBinaries();
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
    expect(results.flat()).toEqual(applied);
    expect(applied).toEqual(committed);
    const rows = await query(empty, 'select filename from graphile_migrate.migrations order by filename');
    expect(rows.map((row) => row.filename)).toEqual(applied.map((name) => `${name.slice(0, 6)}.sql`));

    const [dump, before] = [await dumpSchema(empty, binaries), await catalogue(empty)];
    expect(await migrateDatabase(three, queues)).toEqual([]);
    expect(await dumpSchema(empty, binaries)).toBe(dump);
    expect(await catalogue(empty)).toEqual(before);
  });

  it('leave the schema as it is when the owner runs functions/_all.sql again', async () => {
    const { url } = await createTestDatabase();
    const database = connect(url);
    const before = await dumpSchema(url, binaries);
    const sql = await graphileMigrate.compileIncludes(
      migrateSettings(url),
      '--!include _all.sql\n',
      new Set(),
    );
    const client = await database.pool('owner').connect();
    try {
      await client.query(
        'begin; set local search_path = pg_catalog, extensions; set local client_min_messages = error',
      );
      await client.query(sql);
      await client.query('commit');
    } finally {
      client.release();
    }
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
      await blocker.query('begin; lock table app_public.users');
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

  it('finds what was changed by hand, and what cannot be made again', async () => {
    await execute(
      url,
      `create or replace function app_hidden.current_user_id() returns uuid language sql stable as 'select null::uuid';
       alter policy select_self on app_public.users using (true);
       drop trigger users_90_set_updated_at on app_public.users;
       revoke select on app_public.workspaces from colloquy_user;
       drop function app_public.sign_out();
       create function app_public.sign_out() returns text language sql as 'select null::text'`,
    );
    const before = await query(url, 'select oid::text, xmin::text from pg_proc order by 1');
    const drift = await findDrift(database);
    const found = drift.map((one) => `${one.kind} ${one.name} ${one.state}`);
    expect(found).toEqual(
      expect.arrayContaining([
        'file functions/auth/sign_out.sql refused',
        'function app_hidden.current_user_id() differs',
        'policy select_self on app_public.users differs',
        'trigger users_90_set_updated_at on app_public.users missing',
        'grants app_public.workspaces differs',
      ]),
    );
    expect(drift.every((one) => !one.name.includes('app_public.sign_in'))).toBe(true);
    expect(await query(url, 'select oid::text, xmin::text from pg_proc order by 1')).toEqual(before);
  });

  it('gives up rather than wait for a busy table, and says so', async () => {
    const blocker = new pg.Client({ connectionString: url });
    await blocker.connect();
    try {
      await blocker.query('begin; select from app_public.users limit 1');
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
