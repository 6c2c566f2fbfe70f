import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';

export interface Account {
  email: string;
  password: string;
}

const FIRST_EMAIL = 'you@example.org';

const accountFile = (dataDir: string): string => join(dataDir, 'first-account.json');

/** The account that the first start made, as its file in the data folder says. */
export function readFirstAccount(dataDir: string): Account | undefined {
  try {
    return JSON.parse(readFileSync(accountFile(dataDir), 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Makes the first account of a database that has none, and keeps its password in the data folder, for its owner's
 * eyes only. Written before the account is made: a start that is killed in between finds it and goes on.
 * @returns the account, or undefined when the database has accounts already
 */
export async function ensureFirstAccount(database: Database, dataDir: string): Promise<Account | undefined> {
  const { rows } = await database
    .pool('owner')
    .query('select exists (select from app_public.users) as has_users');
  if (rows[0].has_users) return undefined;
  const account = readFirstAccount(dataDir) ?? {
    email: FIRST_EMAIL,
    password: randomBytes(12).toString('base64url'),
  };
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(accountFile(dataDir), `${JSON.stringify(account, null, 2)}\n`, { mode: 0o600 });
  await asVisitor(database, 'select app_public.register(email => $1, password => $2, display_name => $3)', [
    account.email,
    account.password,
    'First user',
  ]);
  return account;
}

/** Signs in as a client does. Undefined when the password has been changed since. */
export async function signIn(database: Database, account: Account): Promise<string | undefined> {
  const rows = await asVisitor(
    database,
    'select token from app_public.sign_in(email => $1, password => $2)',
    [account.email, account.password],
  );
  return rows[0]?.token ?? undefined;
}

async function asVisitor(database: Database, text: string, values: string[]): Promise<{ token?: string }[]> {
  const client = await database.pool('authenticator').connect();
  try {
    await client.query('begin');
    await client.query('set local role colloquy_visitor');
    const { rows } = await client.query(text, values);
    await client.query('commit');
    return rows;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
