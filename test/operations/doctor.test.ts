import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doctor } from '../../jobs/doctor.ts';
import type { JobContext } from '../../jobs/job.ts';
import { measureSizes } from '../../jobs/measure-sizes.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { sqlCheck } from '../../operations/doctor/check.ts';
import { describeReport } from '../../operations/doctor/describe.ts';
import { recordSizes } from '../../operations/doctor/record-sizes.ts';
import { allChecks, findingsOf, runDoctor } from '../../operations/doctor/run.ts';
import { readFigures } from '../../operations/report/figures.ts';
import { reportPage } from '../../operations/report/page.ts';
import { createEmbedded } from '../support/embedded.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { addContent, indexAll } from '../support/tenants.ts';
import { registerUser } from '../support/users.ts';

/** A check that finds a row of these values. */
const finding = (name: string, severity: string, subject: string) =>
  sqlCheck(
    name,
    `-- why
select '${name}' as name, '${severity}' as severity, '${subject}' as subject, 'd' as detail, 'r' as remedy, 'docs/doctor.md#x' as runbook`,
  );

/** A pool that says so whenever something is asked. */
function counting(pool: Pool, count: () => void): Pool {
  const counted = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const value = Reflect.get(object, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (name === 'query') count();
          const result = value.apply(object, args);
          return name === 'connect' ? result.then(counted) : result;
        };
      },
    });
  return counted(pool);
}

describe('a check', () => {
  it('says in its head why it exists and where it runs, and has its part of the page', () => {
    const check = sqlCheck('x', '-- Why it\n-- exists.\n-- only: server\n-- extension: a, b\nselect 1');
    expect(check).toMatchObject({ why: 'Why it exists.', only: 'server', extensions: ['a', 'b'] });
    const page = readFileSync(join(projectFolder, 'docs/doctor.md'), 'utf8');
    for (const { name, why } of allChecks()) {
      expect(why, name).toMatch(/\w/);
      expect(page, name).toMatch(new RegExp(`^### ${name}\n\\S`, 'm'));
    }
  });
});

describeReal('the doctor', () => {
  let database: Database;
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(() => database?.close());

  it('finds nothing in a new database, with every check', async () => {
    // others use this server, which keeps nothing, and a clone has no grants of its own: doctor-mends.test.ts has a server for these
    const checks = allChecks().filter(({ name, only }) => only !== 'server' && name !== 'database_access');
    let statements = 0;
    const pool = counting(database.pool('monitor'), () => {
      statements += 1;
    });
    const report = await runDoctor(pool, { database: 'test', checks });
    expect(findingsOf(report, 'warning')).toEqual([]);
    // a check is one statement, in a transaction of its own; drift reads the whole catalogue
    expect(statements).toBeLessThanOrEqual(3 * report.checks.length + 25);
    expect(report.checks.map((check) => check.name)).toEqual(checks.map((check) => check.name));
    expect(report.checks.filter((check) => check.outcome === 'failed')).toEqual([]);
  });

  it('goes on where a check is broken, hangs, writes or is of no use here', async () => {
    const report = await runDoctor(database.pool('monitor'), {
      database: 'test',
      timeout: 0.5,
      maxFindings: 2,
      checks: [
        sqlCheck('broken', 'select 1 / 0'),
        sqlCheck('malformed', `select 'malformed' as name, 'fatal' as severity`),
        sqlCheck('hanging', 'select pg_catalog.pg_sleep(600)'),
        sqlCheck('writing', 'create temporary table t ()'),
        sqlCheck('spying', 'select content from app_public.messages'),
        sqlCheck('elsewhere', '-- only: embedded\nselect 1'),
        sqlCheck('extended', '-- extension: planted\nselect 1'),
        finding('fine', 'info', 'good'),
        sqlCheck(
          'many',
          `select 'many' as name, 'warning' as severity, n::text as subject, 'd' as detail, 'r' as remedy, 'x' as runbook from generate_series(1, 5) as n`,
        ),
      ],
    });
    const outcomes = Object.fromEntries(report.checks.map((check) => [check.name, check.outcome]));
    expect(outcomes).toEqual({
      broken: 'failed',
      malformed: 'failed',
      hanging: 'failed',
      writing: 'failed',
      spying: 'failed',
      elsewhere: 'skipped',
      extended: 'skipped',
      fine: 'ran',
      many: 'ran',
    });
    expect(report.counts).toEqual({ error: 4, warning: 6, info: 1 });
    const text = describeReport(report);
    expect(text).toContain('division by zero (22012)');
    expect(text).toContain('It was ended after 0.5 s.');
    expect(text).toContain('permission denied');
    expect(text).toContain('elsewhere: it is for databases of the kind embedded');
    expect(text).toContain('many: 3 more are not listed.');
    expect(text).toMatch(/7 checks in [\d.]+ s: 4 errors, 6 warnings, 1 to know\.$/);
    expect(describeReport(report, 'error')).not.toContain('hanging');
  });

  it('is run by the worker, which says what is found and returns the counts', async () => {
    const lines: { level: number; check?: string; subject?: string }[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const context = { pool: database.pool('worker'), log } as unknown as JobContext;
    const owner = database.pool('owner');
    await owner.query('create table app_private.planted ()');
    try {
      const { errors, findings, failed } = (await doctor.handle(context, {})) as Record<string, unknown>;
      expect(errors).toBeGreaterThan(0);
      expect([findings, failed]).toEqual([
        expect.objectContaining({ rls_forced: { error: 1 }, missing_comment: { warning: 1 } }),
        0,
      ]);
    } finally {
      await owner.query('drop table app_private.planted');
    }
    // and what others do with this server
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          level: 50,
          event: 'doctor_finding',
          check: 'rls_forced',
          subject: 'app_private.planted',
        }),
        expect.objectContaining({ level: 40, check: 'missing_comment' }),
      ]),
    );
    // nothing of the monitor stays with the worker's connections
    const { rows } = await database
      .pool('worker')
      .query(`select current_user as name, current_setting('lock_timeout') as wait`);
    expect(rows).toEqual([{ name: 'colloquy_worker', wait: '0' }]);
    expect(await measureSizes.handle(context, {})).toMatchObject({ tables: expect.any(Number) });
  });

  it('shows nothing of a tenant but its id, and its login reads no more', async () => {
    const owner = database.pool('owner');
    const ann = await registerUser(database, 'quagga@example.org');
    await addContent(database, ann, 'quagga');
    await indexAll(database);
    // what a provider answered may repeat what it was sent
    await owner.query(
      `insert into app_hidden.embedding_failures (version_id, workspace_id, chunk_id, attempts, code, error, next_attempt_at, is_dead)
       select v.id, c.workspace_id, c.id, 5, 'bad_input', c.content, now(), true
       from app_public.embedding_versions v cross join app_public.chunks c where v.status = 'active'`,
    );
    await owner.query(`insert into app_hidden.cutting_failures (workspace_id, document_id, content_hash, attempts, code, error, next_attempt_at, is_dead)
       select d.workspace_id, d.id, d.content_hash, 5, 'CQ316', d.content, now(), true from app_public.documents d`);

    const monitor = database.pool('monitor');
    const report = await runDoctor(monitor, { database: 'test' });
    const figures = await readFigures(monitor);
    expect(findingsOf(report)).toContainEqual(
      expect.objectContaining({ name: 'dead_letters', subject: expect.stringContaining(ann.workspaceId) }),
    );
    const reasons = Object.values(figures)
      .map((figure) => figure.reason)
      .filter(Boolean);
    expect(reasons).toEqual(['The extension pg_stat_statements is not installed.']);
    for (const text of [describeReport(report), JSON.stringify(report), reportPage(report, figures)]) {
      expect(text).not.toMatch(/quagga/i);
    }

    // what it may read at all: nothing that belongs to a workspace, of the queue no payload
    const { rows: tables } = await database.pool('admin').query<{ name: string; isOf: boolean }>(
      `select format('%I.%I', n.nspname, c.relname) as name,
         n.nspname = 'app_hidden' and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname ~ '(workspace|user|owner)_id|content|title|token|secret') as "isOf"
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname ~ '^app_|^pgboss|^graphile_migrate' and c.relkind in ('r', 'p', 'v', 'm')
         and has_any_column_privilege('colloquy_monitor', c.oid, 'select, insert, update')
       order by 1`,
    );
    expect(tables.map((table) => table.name)).toContain('app_hidden.maintenance_runs');
    const others = tables.filter((table) => !table.isOf).map((table) => table.name);
    expect(others).toEqual(['graphile_migrate.migrations', 'pgboss.queue', 'pgboss.version']);
    for (const table of [
      'app_public.messages',
      'app_public.chunks',
      'app_public.documents',
      'app_public.users',
      'app_private.settings',
      'app_hidden.embedding_failures',
      'pgboss.job',
    ]) {
      await expect(monitor.query(`select * from ${table}`), table).rejects.toMatchObject({ code: '42501' });
    }
    // nothing that it may call writes but what is taken down of runs and sizes
    const { rows: writers } = await monitor.query(
      `select p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname like 'app\\_%' and p.provolatile = 'v' and has_function_privilege(p.oid, 'execute') order by 1`,
    );
    expect(writers.map((writer) => writer.name)).toEqual(['record_run', 'record_sizes']);
  });
});

describe('the doctor of an embedded database', () => {
  it('runs every check that has a meaning there, takes down sizes, and draws', {
    timeout: LONG,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'colloquy-doctor-'));
    const database = await createEmbedded(folder);
    try {
      const pool = database.pool('monitor');
      const sizes = await recordSizes(database.pool('worker'), folder);
      expect(sizes.freeBytes).toBeGreaterThan(0);
      const report = await runDoctor(pool, { database: database.name });
      expect(report.kind).toBe('embedded');
      expect(findingsOf(report, 'warning')).toEqual([]);
      const ran = report.checks.filter((check) => check.outcome === 'ran').map((check) => check.name);
      expect(ran).toEqual(
        expect.arrayContaining(['rls_forced', 'dead_letters', 'disk_days_left', 'indexing_lag']),
      );
      const figures = await readFigures(pool);
      expect(reportPage(report, figures)).toContain('Largest tables');
      expect(figures.days.rows).toHaveLength(1);
    } finally {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
