import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serverDatabase } from '../../lib/database.ts';
import { committedMigrations, projectFolder } from '../../lib/migrations.ts';
import { checkUpgrade } from '../../operations/upgrade/check.ts';
import { asServer, type Cluster, createCluster } from '../../tools/postgres/cluster.ts';
import type { Binaries } from '../../tools/postgres/packages.ts';
import { run } from '../../tools/postgres/run.ts';
import { type Server, startServer } from '../../tools/postgres/server.ts';
import { execute } from '../sql/databases.ts';
import { testBinaries } from '../support/binaries.ts';
import { isLong, LONG } from '../support/limits.ts';
import { copyPreparedCluster } from '../support/own-server.ts';
import { describeReal } from '../support/server.ts';
import { prepareTemplate } from '../support/template.ts';
import { openTemporaryFolder } from '../tools/postgres/support.ts';

const last = committedMigrations().at(-1)!;

describeReal('npm run ops -- upgrade-check', () => {
  let binaries: Binaries;
  let folder: string;
  let cluster: Cluster;
  let running: Server;
  /** The migrated database, as the administrator. */
  const server = { url: '' };

  async function start(of: Cluster): Promise<void> {
    const settings = { jit: 'off', fsync: 'off', max_prepared_transactions: '2' };
    running = await startServer(of, { binaries, settings });
    const url = new URL(running.url);
    url.pathname = `/${await prepareTemplate(running.url)}`;
    server.url = url.href;
  }
  beforeAll(async () => {
    binaries = await testBinaries();
    folder = openTemporaryFolder();
    cluster = await copyPreparedCluster(join(folder, 'old'), binaries);
    await start(cluster);
  }, LONG);
  afterAll(async () => {
    await running?.stop('immediate');
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

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
      plant: `update graphile_migrate.migrations set hash = 'sha1:other' where hash = '${last.hash}'`,
      mend: `update graphile_migrate.migrations set hash = '${last.hash}' where hash = 'sha1:other'`,
      expected: [`error migration_differs ${last.filename}`],
    },
  ])('finds $plant', async ({ plant, mend, expected }) => {
    await execute(server.url, plant);
    expect(await found()).toEqual(typeof expected === 'function' ? expected() : expected);
    await execute(server.url, mend);
    expect(await found()).toEqual([]);
  });

  it('finds processes that are older than the functions, and says all of it as a command', async () => {
    const old = new pg.Client({ connectionString: server.url, application_name: 'colloquy worker' });
    await old.connect();
    await execute(
      server.url,
      `update app_hidden.applied_functions set applied_at = clock_timestamp() where path = 'support/setting.sql'`,
    );
    expect(await found()).toEqual([
      expect.stringMatching(/^warning process_older colloquy worker, process \d+ of the server$/),
    ]);
    const ended = promisify(execFile)(process.execPath, ['scripts/ops.ts', 'upgrade-check', '--json'], {
      cwd: projectFolder,
      env: { ...process.env, DATABASE_URL: server.url, LOG_LEVEL: 'silent' },
    });
    const { code, stdout } = await ended.catch((error) => error);
    expect([code, JSON.parse(stdout)]).toMatchObject([1, [{ name: 'process_older', severity: 'warning' }]]);
    await old.end();
  });

  it.runIf(isLong())(
    'is right: the database goes through pg_upgrade as the runbook says, and is whole afterwards',
    async () => {
      await running.stop('fast');
      const fresh = await createCluster(join(folder, 'new'), { binaries });
      const folders = ['-b', binaries.bin, '-B', binaries.bin, '-d', cluster.dataDir, '-D', fresh.dataDir];
      for (const more of [['--check'], ['--swap', '--jobs', '4']]) {
        const words = [...folders, '-U', 'postgres', '-s', fresh.dir, ...more];
        const upgraded = await run(join(binaries.bin, 'pg_upgrade'), words, asServer(fresh));
        expect(upgraded.code, upgraded.stdout + upgraded.stderr).toBe(0);
      }
      await start({ ...fresh, password: cluster.password });
      for (const more of [['--analyze-in-stages', '--missing-stats-only'], ['--analyze-only']]) {
        const analysed = await run(join(binaries.bin, 'vacuumdb'), [
          `--maintenance-db=${running.url}`,
          '--all',
          ...more,
        ]);
        expect(analysed.code, analysed.stderr).toBe(0);
      }
      expect(await found()).toEqual([]);
    },
    LONG,
  );
});
