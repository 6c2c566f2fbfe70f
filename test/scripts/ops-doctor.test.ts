import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, loginUrl, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { openTemporaryFolder } from '../tools/postgres/support.ts';

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

describeReal('npm run ops -- doctor', () => {
  const login = `test_monitor_${randomBytes(4).toString('hex')}`;
  const folder = openTemporaryFolder();
  let database: Database;
  let monitorUrl: string;

  /** As a process that has the login of the monitor and no other. */
  const run = (url: string, ...words: string[]): Promise<Ended> => {
    const { DATABASE_URL: _, ...others } = process.env;
    return promisify(execFile)(
      process.execPath,
      [join(projectFolder, 'scripts/ops.ts'), 'doctor', ...words],
      {
        env: { ...others, MONITOR_DATABASE_URL: url, LOG_LEVEL: 'silent' },
        maxBuffer: 10_000_000,
      },
    ).then(
      (ended) => ({ code: 0, ...ended }),
      (error) => error,
    );
  };

  beforeAll(async () => {
    const { url } = await createTestDatabase();
    database = serverDatabase(url);
    // no superuser behind it, who could do more; and no second connection
    const password = randomBytes(12).toString('hex');
    await database
      .pool('admin')
      .query(
        `create role ${login} login connection limit 1 password '${password}'; grant colloquy_monitor to ${login}`,
      );
    monitorUrl = `${loginUrl(url, login, password)}?options=${encodeURIComponent('-c role=colloquy_monitor')}`;
  });
  afterAll(async () => {
    await database?.pool('admin').query(`drop role if exists ${login}`);
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('needs the login of the monitor alone, finds, takes down, and draws one page', async () => {
    await database.pool('owner').query('create table app_private."<script>alert(1)</script>" ()');
    const page = join(folder, 'report.html');
    const found = await run(monitorUrl, '--json', '--record', '--html', page);
    expect([found.code, found.stderr]).toEqual([1, `The report is in ${page}.\n`]);
    const report = JSON.parse(found.stdout);
    expect(report.counts.error).toBeGreaterThan(0);
    expect(report.findings).toContainEqual(
      expect.objectContaining({ name: 'rls_forced', subject: 'app_private."<script>alert(1)</script>"' }),
    );
    expect(report.checks.filter((check: { outcome: string }) => check.outcome === 'failed')).toEqual([]);
    const { rows } = await database
      .pool('monitor')
      .query('select task, outcome, details from app_hidden.maintenance_runs order by started_at');
    expect(rows).toMatchObject([
      { task: 'measure-sizes', outcome: 'succeeded', details: { tables: expect.any(Number) } },
      {
        task: 'doctor',
        outcome: 'succeeded',
        details: { errors: report.counts.error, failed: 0, findings: { rls_forced: { error: 1 } } },
      },
    ]);

    const text = readFileSync(page, 'utf8');
    expect(statSync(page).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['report.html']);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).not.toMatch(/<script|<img|<link|<iframe|\son\w+=|javascript:|src=|url\(/i);
  });

  it('says 0 where nothing is found, and 2 where it cannot look', async () => {
    const fine = await run(
      monitorUrl,
      ...['--check', 'paused_providers', 'dead_letters', 'rls_forced', '--skip', 'rls_forced'],
      ...['--severity', 'error'],
    );
    expect([fine.code, fine.stderr]).toEqual([0, '']);
    expect(fine.stdout).toMatch(/2 checks in [\d.]+ s: 0 errors, 0 warnings, 0 to know\.\n$/);

    const unknown = await run(monitorUrl, '--check', 'nonsense');
    expect(unknown).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/CQ645[\s\S]*--list/),
    });
    // a check that has no end is ended
    await database.pool('owner').query(
      `create or replace function app_public.provider_states()
         returns table (provider text, state text, reason text, paused_at timestamptz, paused_until timestamptz, requests_left double precision,
           tokens_left double precision, open_claims bigint, claimed_tokens bigint)
         language plpgsql as 'begin perform pg_sleep(60); end'`,
    );
    const slow = await run(monitorUrl, '--check', 'paused_providers', '--timeout', '0.2');
    expect([slow.code, slow.stdout]).toEqual([1, expect.stringContaining('It was ended after 0.2 s.')]);
    const away = new URL(monitorUrl);
    away.port = '1';
    expect(await run(away.href)).toMatchObject({ code: 2, stderr: expect.stringContaining('CQ012') });
  });

  it('names its checks, with why each exists', async () => {
    const list = await run(monitorUrl, '--list');
    for (const name of readdirSync(join(projectFolder, 'sql/doctor'))) {
      expect(list.stdout).toMatch(new RegExp(`^${name.replace('.sql', '')} +\\S`, 'm'));
    }
  });
});
