import pg from 'pg';
import { createTestDatabase, testServer } from '../support/server.ts';

/** Rows of one query, over a connection of its own. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Statements without a result, as the administrator. */
export async function execute(url: string, sql: string): Promise<void> {
  await query(url, sql);
}

/** A database with nothing in it, which is dropped at the end of the file. Returns its URL. */
export async function createEmptyDatabase(): Promise<string> {
  const server = testServer();
  if ('reason' in server) throw new Error(server.reason);
  const { name, url } = await createTestDatabase();
  await execute(server.adminUrl, `drop database "${name}" with (force)`);
  await execute(server.adminUrl, `create database "${name}" template template0`);
  return url;
}
