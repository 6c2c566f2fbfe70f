import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { checkUpgrade } from '../../operations/upgrade/check.ts';
import { findBinaries } from '../../tools/postgres/acquire.ts';
import { execute, query } from '../sql/databases.ts';
import { LONG } from '../support/limits.ts';
import { type OwnServer, openOwnServer } from '../support/own-server.ts';
import { describeReal } from '../support/server.ts';

describeReal('npm run ops -- upgrade-check', () => {
  let server: OwnServer;
  beforeAll(async () => {
    server = await openOwnServer(await findBinaries(), { max_prepared_transactions: '2' });
  }, LONG);
  afterAll(() => server?.stop());

  const found = async (): Promise<string[]> => {
    const database = serverDatabase(server.url);
    try {
      return (await checkUpgrade(database.pool('monitor'))).map(
        ({ name, severity, subject }) => `${severity} ${name} ${subject}`,
      );
    } finally {
      await database.close();
    }
  };

  it('has nothing to say of a database of today', async () => {
    expect(await found()).toEqual([]);
  });

  const name = () => decodeURIComponent(new URL(server.url).pathname.slice(1));
  it.each([
    {
      plant: `update pg_extension set extversion = '0.8.1' where extname = 'vector'`,
      mend: `update pg_extension set extversion = (select default_version from pg_available_extensions where name = 'vector') where extname = 'vector'`,
      expected: ['warning extension_behind vector', 'error extension_known_bad vector 0.8.1'],
    },
    {
      plant: `update pg_database set datcollversion = '0' where datname = current_database()`,
      mend: `do $$ begin execute format('alter database %I refresh collation version', current_database()); end $$`,
      expected: () => [`error collation_changed database ${name()}`],
    },
    {
      plant: `create table app_public.calls (id uuid, fn regprocedure)`,
      mend: 'drop table app_public.calls',
      expected: ['error upgrade_column_type app_public.calls.fn'],
    },
    {
      plant: `begin; create table public.half (i int); prepare transaction 'payment 7'`,
      mend: `rollback prepared 'payment 7'`,
      expected: ['error upgrade_prepared_transaction payment 7'],
    },
    {
      plant: `select pg_create_physical_replication_slot('standby_1')`,
      mend: `select pg_drop_replication_slot('standby_1')`,
      expected: ['warning upgrade_slot standby_1'],
    },
    {
      plant: 'create database closed allow_connections false',
      mend: 'drop database closed',
      expected: ['error upgrade_closed_database database closed'],
    },
    {
      plant: `update pg_index set indisvalid = false where indexrelid = 'app_public.users_pkey'::regclass`,
      mend: `update pg_index set indisvalid = true where indexrelid = 'app_public.users_pkey'::regclass`,
      expected: ['error index_not_valid app_public.users_pkey'],
    },
    {
      plant: `insert into app_hidden.applied_functions (path, hash) values ('support/setting.sql', repeat('0', 64))`,
      mend: `delete from app_hidden.applied_functions where hash = repeat('0', 64)`,
      expected: ['error functions_pending 1 files of functions/'],
    },
    {
      plant: `update graphile_migrate.migrations set hash = 'sha1:other' where filename = '000021.sql'; delete from graphile_migrate.migrations where filename > '000021.sql';
        insert into graphile_migrate.migrations (hash, previous_hash, filename, date) values ('sha1:new', 'sha1:other', '999999.sql', now())`,
      mend: `delete from graphile_migrate.migrations where filename = '999999.sql'`,
      expected: expect.arrayContaining([
        'error program_older 999999.sql',
        expect.stringMatching(/^error migration_differs 000021/),
      ]) as unknown as string[],
    },
  ])('finds $plant', async ({ plant, mend, expected }) => {
    await execute(server.url, plant);
    expect(await found()).toEqual(typeof expected === 'function' ? expected() : expected);
    if (!mend.includes('999999')) {
      await execute(server.url, mend);
      expect(await found()).toEqual([]);
    }
  });

  it('finds processes that are older than the functions, and says all of it as a command', async () => {
    const old = new pg.Client({ connectionString: server.url, application_name: 'colloquy worker' });
    await old.connect();
    await query(
      server.url,
      `update app_hidden.applied_functions set applied_at = clock_timestamp() where path = 'support/setting.sql'`,
    );
    expect((await found()).filter((line) => line.includes('process_older'))).toEqual([
      expect.stringMatching(/^warning process_older colloquy worker, process \d+ of the server$/),
    ]);
    await old.end();
    const ended = promisify(execFile)(process.execPath, ['scripts/ops.ts', 'upgrade-check'], {
      cwd: projectFolder,
      env: { ...process.env, DATABASE_URL: server.url, LOG_LEVEL: 'silent' },
    });
    await expect(ended).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('docs/upgrading.md says how to go on.'),
    });
  });
});
