/** Tenants, and calls as one of them: what tests of documents, files and tags share. */
import type pg from 'pg';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { lockWaiters } from './locks.ts';
import { createTestDatabase } from './server.ts';
import { createTenants, type Tenants } from './tenants.ts';
import { asUser, type TestUser, until } from './users.ts';

export let database: Database;
export let tenants: Tenants;
export async function setScene(): Promise<void> {
  database = serverDatabase((await createTestDatabase()).url);
  tenants = await createTenants(database);
}
export async function endScene(): Promise<void> {
  await database?.close();
}
export const owner = () => database.pool('owner');
export const worker = () => database.pool('worker');
export const call = (user: TestUser, sql: string, ...values: unknown[]): Promise<pg.QueryResult> =>
  asUser(database, user, (client) => client.query(sql, values));
export const one = async (user: TestUser, sql: string, ...values: unknown[]) =>
  (await call(user, sql, ...values)).rows[0];
export const code = async (work: Promise<unknown>): Promise<string | undefined> => {
  try {
    await work;
  } catch (error) {
    return errorCode(error);
  }
  throw new Error('It was allowed.');
};
export const document = async (user: TestUser, more = ''): Promise<string> =>
  (await one(user, `select id from app_public.create_document('a', 'b'${more})`)).id;
export const waits = () => until(async () => (await lockWaiters(database)).length > 0);
