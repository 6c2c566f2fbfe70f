import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { recordSizes } from '../../../operations/doctor/record-sizes.ts';
import { allChecks, runDoctor } from '../../../operations/doctor/run.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';

const GB = 1024 ** 3;

describeReal('the history of sizes', () => {
  let database: Database;
  const owner = (sql: string, ...values: unknown[]) => database.pool('owner').query(sql, values);
  const monitor = async (sql: string) => (await database.pool('monitor').query(sql)).rows;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(() => database?.close());

  it('is taken down by the worker, once a day, with the disk where that is on this machine', async () => {
    // a table with an index of more than a megabyte, and one with a smaller one, which is left out
    await owner(`insert into app_hidden.maintenance_runs (task, outcome, started_at, finished_at)
      select 'x', 'succeeded', now(), now() from generate_series(1, 60000)`);
    await owner('analyze app_hidden.maintenance_runs');
    await recordSizes(database.pool('monitor'), '/nowhere');
    const done = await recordSizes(database.pool('worker'), '/nowhere');
    expect(done.databaseBytes).toBeGreaterThan(5_000_000);
    expect(done.tables).toBeGreaterThan(80);
    expect(done.indexes).toBeGreaterThan(0);
    const folder = (await monitor('show data_directory'))[0].data_directory;
    expect(done.freeBytes === null).toBe(!existsSync(folder));

    const days = await monitor('select * from app_hidden.database_days');
    expect(days).toHaveLength(1);
    expect(Number(days[0].database_bytes)).toBe(done.databaseBytes);
    expect(Number(days[0].blocks_hit)).toBeGreaterThan(0);
    const sizes = await monitor(
      `select * from app_hidden.relation_sizes where name like 'app_hidden.maintenance_runs%' order by name`,
    );
    expect(sizes[0]).toMatchObject({
      kind: 'table',
      name: 'app_hidden.maintenance_runs',
      row_estimate: '60000',
    });
    expect(sizes.slice(1).map((one) => [one.kind, one.name, one.row_estimate])).toEqual([
      ['index', 'app_hidden.maintenance_runs_pkey', null],
    ]);
    await owner('delete from app_hidden.maintenance_runs');
  });

  it('forgets what is old, and keeps one day a week of what is not new', async () => {
    await owner('delete from app_hidden.database_days; delete from app_hidden.relation_sizes');
    await owner(`insert into app_hidden.database_days (day, measured_at, database_bytes, files_bytes, blocks_hit, blocks_read, commits, rollbacks, deadlocks, temp_bytes, wal_bytes)
      select day, day, 1, 0, 0, 0, 0, 0, 0, 0, 0 from generate_series(current_date - 500, current_date - 1, '1 day') as day`);
    await owner(`insert into app_hidden.relation_sizes (day, kind, name, bytes)
      select day, 'table', 'app_public.x', 1 from generate_series(current_date - 500, current_date - 1, '1 day') as day`);
    const { removed } = await recordSizes(database.pool('worker'), '/nowhere');
    expect(removed).toBeGreaterThan(300);
    for (const table of ['database_days', 'relation_sizes']) {
      const [{ recent, old }] = await monitor(
        `select count(distinct day) filter (where day >= current_date - 60) as recent, count(distinct day) filter (where day < current_date - 60) as old from app_hidden.${table}`,
      );
      expect(Number(recent)).toBe(61);
      expect(Number(old)).toBeGreaterThan(45);
      expect(Number(old)).toBeLessThan(51);
    }
  });

  it('tells how fast the database grows, and when its disk will be full', async () => {
    const find = async (name: string) => {
      const checks = allChecks().filter((check) => check.name === name);
      const report = await runDoctor(database.pool('monitor'), { database: 'test', checks });
      return report.checks[0]!.findings;
    };
    /** Days that grow evenly up to 100 GB. */
    const grown = async (days: number, perDay: number, disk: number | null, free: number | null) => {
      await owner('delete from app_hidden.database_days');
      await owner(
        `insert into app_hidden.database_days (day, measured_at, database_bytes, files_bytes, disk_bytes, disk_free_bytes, blocks_hit, blocks_read, commits, rollbacks, deadlocks, temp_bytes, wal_bytes)
         select current_date - ago, now(), $2::bigint - ago * $3::bigint, 0, $4, $5, 0, 0, 0, 0, 0, 0, 0 from generate_series(0, $1::integer - 1) as ago`,
        days,
        100 * GB,
        perDay * GB,
        disk === null ? null : disk * GB,
        free === null ? null : free * GB,
      );
    };

    await grown(10, 1, 200, 50);
    expect(await monitor('select * from app_hidden.disk_outlook()')).toMatchObject([
      { free_bytes: `${50 * GB}`, bytes_per_day: GB, days_left: 50, days_measured: 9 },
    ]);
    expect(await find('disk_days_left')).toEqual([]);
    await grown(10, 2, 200, 50);
    expect(await find('disk_days_left')).toMatchObject([
      {
        severity: 'warning',
        detail: '50 GB of 200 GB are free. The database grows by 2048 MB a day: that is enough for 25 days.',
      },
    ]);
    await grown(10, 10, 200, 50);
    expect(await find('disk_days_left')).toMatchObject([{ severity: 'error' }]);
    // what is free is not seen, and two days are no history
    await grown(2, 10, 105, null);
    expect(await find('disk_days_left')).toMatchObject([
      { severity: 'error', detail: '5120 MB of 105 GB are free.' },
    ]);
    await grown(10, 10, null, null);
    expect(await find('disk_days_left')).toEqual([]);

    expect(await find('sizes_unmeasured')).toEqual([]);
    await owner('delete from app_hidden.database_days where day > current_date - 5');
    expect(await find('sizes_unmeasured')).toMatchObject([{ severity: 'warning' }]);
    await recordSizes(database.pool('monitor'), '/nowhere');
    expect(await find('sizes_unmeasured')).toEqual([]);
  });

  it('is nobody else’s to write', async () => {
    for (const role of ['monitor', 'worker'] as const) {
      await expect(
        database.pool(role).query('delete from app_hidden.database_days'),
        role,
      ).rejects.toMatchObject({ code: '42501' });
    }
    await expect(
      database.pool('authenticator').query('select app_hidden.record_sizes()'),
    ).rejects.toMatchObject({ code: '42501' });
  });
});
