import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { projectFolder } from '../../../lib/migrations.ts';
import { type Finding, sqlCheck, sqlChecks } from '../../../operations/doctor/check.ts';
import { findingsOf, runDoctor } from '../../../operations/doctor/run.ts';
import { type OwnServer, openOwnServer } from '../../support/own-server.ts';
import { until } from '../../support/users.ts';
import { describeWithBinaries } from '../../tools/postgres/support.ts';
import { CONTENT, NOT_DUE } from './faults/content.ts';
import { checkText, connect, type Fault, type Hands, reload, statementsOf } from './faults/fault.ts';
import { RELATIONS } from './faults/relations.ts';
import { ROLES } from './faults/roles.ts';
import { SERVER } from './faults/server.ts';
import { SESSIONS } from './faults/sessions.ts';

const FAULTS = { RELATIONS, ROLES, SESSIONS, SERVER, CONTENT };

/** A healthy server: what is archived is kept, and nothing tidies up while a test looks. */
const SETTINGS = {
  archive_mode: 'on',
  max_prepared_transactions: '2',
  shared_preload_libraries: 'pg_stat_statements',
  autovacuum_naptime: '1h',
};

const read = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');

describe('each check', () => {
  it('has a fault that it finds', () => {
    const planted = new Set(Object.values(FAULTS).flatMap((faults) => faults.map(({ check }) => check)));
    const tests = globSync('test/{sql,operations}/**/*.test.ts', { cwd: projectFolder }).map(read).join('\n');
    for (const { name } of sqlChecks()) {
      if (!planted.has(name)) expect(tests.includes(name), name).toBe(true);
    }
  });

  it('names commands that there are', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const texts = [read('docs/doctor.md'), ...sqlChecks().map(({ name }) => read(`sql/doctor/${name}.sql`))];
    for (const [, command] of texts.join('\n').matchAll(/npm run ([\w-]+)/g))
      expect(Object.keys(scripts)).toContain(command);
  });
});

await describeWithBinaries('a server', (binaries) => {
  let server: OwnServer;
  let database: Database;
  let admin: Awaited<ReturnType<typeof connect>>;
  const sql = async (...statements: string[]): Promise<void> => {
    for (const statement of statements) await admin.query(statement);
  };

  beforeAll(async () => {
    server = await openOwnServer(binaries, SETTINGS);
    admin = await connect(server.url);
    await sql(`alter system set archive_command = 'true'`, reload, 'select pg_switch_wal()');
    const archived = `select archived_count > 0 and not exists (select from pg_ls_archive_statusdir() where name ~ 'ready$') as ok from pg_stat_archiver`;
    await until(async () => (await admin.query(archived)).rows[0].ok);
    await sql(NOT_DUE);
    database = serverDatabase(server.url);
  });
  afterAll(async () => {
    await database?.close();
    await admin?.end();
    await server?.stop();
  });

  /** What a fault's check says of its subject now. */
  async function find({ check, limits, subject, detail = /\w/ }: Fault): Promise<Finding | undefined> {
    const report = await runDoctor(database.pool('monitor'), {
      database: database.name,
      checks: [sqlCheck(check, checkText(check, limits))],
    });
    expect(report.checks[0]).toMatchObject({ outcome: 'ran' });
    return findingsOf(report).find(
      (one) =>
        (typeof subject === 'string' ? one.subject === subject : subject.test(one.subject)) &&
        detail.test(one.detail),
    );
  }

  it('that is healthy and new has no errors and no warnings', async () => {
    const report = await runDoctor(database.pool('monitor'), { database: database.name });
    expect(findingsOf(report, 'warning')).toEqual([]);
    const known = ['backup_missing', 'login_timeouts', 'recovery_settings', 'statements_not_counted'];
    expect([...new Set(findingsOf(report).map(({ name }) => name))].sort()).toEqual(known);
    expect(report.checks.filter((check) => check.outcome === 'failed')).toEqual([]);
  });

  describe.each(Object.entries(FAULTS))('%s', (_, faults) => {
    it.each(faults)('$check finds $is, and no more when it is mended', async (fault) => {
      const { check, make, mend, severity, after = [] } = fault;
      const ends: (() => Promise<unknown>)[] = [];
      const hands: Hands = {
        url: server.url,
        binaries,
        sql,
        session: async (url = server.url) => {
          const client = await connect(url);
          ends.push(() => client.end());
          return client;
        },
        flush: () => database.pool('monitor').query('select pg_stat_force_next_flush()'),
        later: (work) => void ends.push(work),
      };
      const isPlanted = typeof make === 'function' || make.length > 0;
      if (isPlanted) expect((await find(fault))?.severity).not.toBe(severity);
      try {
        await (typeof make === 'function' ? make(hands) : sql(...make));
        await expect.poll(() => find(fault)).toMatchObject({ name: check, severity });
        const found = (await find(fault))!;
        expect(found.runbook).toBe(`docs/doctor.md#${check}`);
        if (typeof mend === 'function') await mend(hands);
        else {
          const statements = mend ?? statementsOf(found.remedy);
          if (!mend) expect(statements).not.toEqual([]);
          await sql(...statements);
        }
      } finally {
        for (const end of ends) await end();
      }
      await expect.poll(() => find(fault)).toBeUndefined();
      await sql(...after);
    });
  });
});
