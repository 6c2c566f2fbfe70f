import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { sqlCheck } from '../../operations/doctor/check.ts';
import { describeReport } from '../../operations/doctor/describe.ts';
import { allChecks, findingsOf, runDoctor } from '../../operations/doctor/run.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

/** A check that finds a row of these values. */
const finding = (name: string, severity: string, subject: string) =>
  sqlCheck(
    name,
    `-- why
select '${name}' as name, '${severity}' as severity, '${subject}' as subject, 'd' as detail, 'r' as remedy, 'docs/doctor.md#x' as runbook`,
  );

describe('a check', () => {
  it('says in its head why it exists, and where it runs', () => {
    const check = sqlCheck('x', '-- Why it\n-- exists.\n-- only: server\n-- extension: a, b\nselect 1');
    expect(check).toMatchObject({ why: 'Why it exists.', only: 'server', extensions: ['a', 'b'] });
    for (const { name, why } of allChecks()) expect(why, name).toMatch(/\w/);
  });
});

describeReal('the doctor', () => {
  let database: Database;
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(() => database?.close());

  it('finds nothing in a new database, with every check', async () => {
    const report = await runDoctor(database.pool('monitor'), { database: 'test' });
    expect(findingsOf(report, 'warning')).toEqual([]);
    expect(report.checks.map((check) => check.name)).toEqual(allChecks().map((check) => check.name));
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
});
