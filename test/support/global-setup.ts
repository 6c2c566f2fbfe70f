import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { describeError } from '../../lib/errors.ts';
import { acquireTestServer } from '../../tools/postgres/acquire.ts';
import { withoutPassword } from '../../tools/postgres/check.ts';
import { prepareTemplate } from './template.ts';

/** What the test files are told about the server of the run. */
export type TestPostgres = ServerOfRun | { reason: string };

interface ServerOfRun {
  adminUrl: string;
  /** The database that each file's own is cloned from, or why it could not be made. */
  template: string | { error: string };
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestPostgres;
    /** Names the databases of this run, so that a server which others use too can be told apart. */
    run: string;
    /** A folder of this run, for what its files share. */
    scratch: string;
    /** Whether tests whose proof grows with their size have the full one: `npm run test:long`. */
    long: boolean;
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** The databases of this run that are still there: of files that failed, or that were killed. */
async function leftDatabases(adminUrl: string, run: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    const result = await client.query<{ datname: string }>(
      'select datname from pg_catalog.pg_database where starts_with(datname, $1) order by datname',
      [`colloquy_test_${run}_`],
    );
    return result.rows.map((row) => row.datname);
  } finally {
    await client.end();
  }
}

/** Has one server for the whole run, with the template; gives it back at the end, or keeps what failed. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const run = `${Date.now().toString(36)}${process.pid.toString(36)}`;
  project.provide('run', run);
  const scratch = mkdtempSync(join(tmpdir(), 'colloquy-run-'));
  // servers are made there, which run as another user
  chmodSync(scratch, 0o755);
  project.provide('scratch', scratch);
  const tidy = (): void => rmSync(scratch, { recursive: true, force: true });
  const server = await acquireTestServer({ say });
  if ('reason' in server) {
    project.provide('postgres', { reason: server.reason });
    return async () => tidy();
  }
  const { adminUrl } = server;
  try {
    project.provide('postgres', { adminUrl, template: await prepareTemplate(adminUrl) });
  } catch (error) {
    await server.stop();
    tidy();
    throw error;
  }
  // Under --watch: the next run has the SQL of now. What cannot be applied fails its tests, and ends no watch.
  project.onTestsRerun(async () => {
    for (const made of ['embedded', 'own-server'])
      rmSync(join(scratch, made), { recursive: true, force: true });
    const template = await prepareTemplate(adminUrl).catch((error) => ({ error: describeError(error) }));
    project.provide('postgres', { adminUrl, template });
  });
  return async () => {
    tidy();
    const left = await leftDatabases(server.adminUrl, run).catch(() => []);
    await server.stop({ keep: left.length > 0 });
    if (left.length === 0) return;
    if (server.dir) {
      say(`\nKept, for a look: ${left.join(', ')}
  npm run postgres -- start --dir ${server.dir}
  npm run postgres -- psql --dir ${server.dir} ${left[0]}`);
    } else if (server.how === 'TEST_DATABASE_URL') {
      say(`\nKept on ${withoutPassword(server.adminUrl)}, until you drop them: ${left.join(', ')}`);
    } else {
      say(`\nNot kept (${server.how} is gone): ${left.join(', ')}. Set TEST_DATABASE_URL to keep them.`);
    }
  };
}
