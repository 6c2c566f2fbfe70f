import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, inject, it, type RunnerTestFile, type RunnerTestSuite } from 'vitest';
import { env } from '../../lib/env.ts';
import type { TestPostgres } from './global-setup.ts';

/** The server of this run, or why there is none. */
export function testServer(): TestPostgres {
  return inject('postgres');
}

/** The URL of a database on the same server. */
function urlOf(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function asAdministrator<T>(adminUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * A `describe` that needs a real server. Without one it is skipped, and the end of the run says so; in CI it fails,
 * because a suite that silently did not run proves nothing.
 */
export function describeReal(name: string, fn: () => void): void {
  const server = testServer();
  if (!('reason' in server)) {
    describe(name, fn);
    return;
  }
  if (env.CI) {
    describe(name, () => {
      it('has a real server', () => {
        throw new Error(`CI must run this suite, and there is no PostgreSQL 18: ${server.reason}`);
      });
    });
    return;
  }
  describe.skip(name, fn);
}

let file: RunnerTestFile | undefined;
const open = new Map<string, string>();

function failed(suite: RunnerTestSuite | RunnerTestFile): boolean {
  if (suite.result?.state === 'fail') return true;
  return suite.tasks.some((task) => (task.type === 'suite' ? failed(task) : task.result?.state === 'fail'));
}

async function dropDatabase(name: string): Promise<void> {
  const adminUrl = open.get(name);
  if (adminUrl === undefined || (file && failed(file))) return;
  await asAdministrator(adminUrl, (client) => client.query(`drop database if exists "${name}" with (force)`));
  open.delete(name);
}

// Registered when a test file imports this one, so before its own hooks; and hooks at the end run in reverse: the
// file has closed its pools by then.
// biome-ignore lint/correctness/noEmptyPattern: Vitest demands that the context is destructured
beforeAll(({}, suite) => {
  file = suite.file;
});
afterAll(async () => {
  if (file && failed(file) && open.size > 0) {
    process.stdout.write(`${file.name} failed; its databases are kept: ${[...open.keys()].join(', ')}\n`);
  }
  for (const name of [...open.keys()]) await dropDatabase(name);
});

export interface TestDatabase {
  name: string;
  /** As the administrator. */
  url: string;
  /** Drops it, unless a test of the file has failed. Called at the end of the file in any case. */
  drop(): Promise<void>;
}

/** A database of one's own, cloned from the template, or from another test database that nobody is connected to. */
export async function createTestDatabase(from?: TestDatabase): Promise<TestDatabase> {
  const server = testServer();
  if ('reason' in server) throw new Error(`There is no PostgreSQL 18: ${server.reason}. Use describeReal.`);
  const { adminUrl, template } = server;
  if (typeof template !== 'string') throw new Error(`The working tree makes no database: ${template.error}`);
  const slug = (file?.name ?? 'setup')
    .replace(/^test\/|\.test\.ts$/g, '')
    .replace(/\W+/g, '_')
    .slice(-20)
    .toLowerCase();
  const name = `colloquy_test_${inject('run')}_${slug}_${randomBytes(3).toString('hex')}`;
  await asAdministrator(adminUrl, (client) =>
    client.query(`create database "${name}" template "${from?.name ?? template}" strategy file_copy`),
  );
  open.set(name, adminUrl);
  return { name, url: urlOf(adminUrl, name), drop: () => dropDatabase(name) };
}
