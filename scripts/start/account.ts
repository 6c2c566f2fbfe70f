import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import type { Database } from '../../lib/database.ts';
import {
  type FirstAccount,
  firstAccountFile,
  firstTokenFile,
  readFirstAccount,
} from '../shared/first-account.ts';

/** Writes a file for its owner's eyes only, also where there was one that others could read. */
function writePrivate(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
}

/** Keeps the token of a start for the calls that it prints: they name the file, so that no log holds the token. */
export function keepToken(dataDir: string, token: string): void {
  writePrivate(firstTokenFile(dataDir), `${token}\n`);
}

const FIRST_EMAIL = 'you@example.org';

/**
 * Makes the first account of a database that has none, and keeps its password in the data folder, for its owner's
 * eyes only. Written before the account is made: a start that is killed in between finds it and goes on.
 * @returns the account, or undefined when the database has accounts already
 */
export async function ensureFirstAccount(
  database: Database,
  dataDir: string,
): Promise<FirstAccount | undefined> {
  const { rows } = await database
    .pool('owner')
    .query('select exists (select from app_public.users) as has_users');
  if (rows[0].has_users) return undefined;
  const account = (await readFirstAccount(dataDir)) ?? {
    email: FIRST_EMAIL,
    password: randomBytes(12).toString('base64url'),
  };
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writePrivate(firstAccountFile(dataDir), `${JSON.stringify(account, null, 2)}\n`);
  // registering is what a visitor does, and needs no more rights than a visitor has
  await database
    .pool('owner')
    .query('select app_public.register(email => $1, password => $2, display_name => $3)', [
      account.email,
      account.password,
      'First user',
    ]);
  return account;
}
