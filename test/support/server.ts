import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, inject, it } from 'vitest';
import { env } from '../../lib/env.ts';
import { atEndOfFile, hasFailed, testFile } from './file.ts';
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

const open = new Map<string, string>();

async function dropDatabase(name: string): Promise<void> {
  const adminUrl = open.get(name);
  const file = testFile();
  if (adminUrl === undefined || (file && hasFailed(file))) return;
  await asAdministrator(adminUrl, (client) => client.query(`drop database if exists "${name}" with (force)`));
  open.delete(name);
}

async function dropDatabases(): Promise<void> {
  const file = testFile();
  if (file && hasFailed(file) && open.size > 0) {
    process.stdout.write(`${file.name} failed; its databases are kept: ${[...open.keys()].join(', ')}\n`);
    open.clear();
  }
  for (const name of [...open.keys()]) await dropDatabase(name);
}

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
  const slug = (testFile()?.name ?? 'setup')
    .replace(/^test\/|\.test\.ts$/g, '')
    .replace(/\W+/g, '_')
    .slice(-20)
    .toLowerCase();
  const name = `colloquy_test_${inject('run')}_${slug}_${randomBytes(3).toString('hex')}`;
  await asAdministrator(adminUrl, (client) =>
    client.query(`create database "${name}" template "${from?.name ?? template}" strategy file_copy`),
  );
  if (open.size === 0) atEndOfFile(dropDatabases);
  open.set(name, adminUrl);
  return { name, url: urlOf(adminUrl, name), drop: () => dropDatabase(name) };
}
