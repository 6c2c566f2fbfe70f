import { readFile } from 'node:fs/promises';
import { env } from '../../lib/env.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { firstAccountFile, readFirstAccount } from './first-account.ts';
import type { Credentials } from './session.ts';

export interface AccountOptions {
  email?: string | undefined;
  password?: string | undefined;
  passwordFile?: string | undefined;
  token?: string | undefined;
  tokenFile?: string | undefined;
}

/** A secret is one line; editors end it with a line break that is not part of it. */
async function readSecret(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new ColloquyError('CQ033', `The file ${path} cannot be read: ${errorCode(error) ?? error}.`, {
      hint: 'Correct its name or its permissions.',
      cause: error,
    });
  }
}

/**
 * Finds out who the import belongs to: a token, else the address that was named, else the account of the first start.
 * @param ask how to get a password from a person; null when nobody is there
 * @throws ColloquyError CQ033 when there is no account or no password
 */
export async function findCredentials(
  options: AccountOptions,
  dataDir: string,
  ask: ((email: string) => Promise<string>) | null,
): Promise<Credentials> {
  if (options.token !== undefined) return { token: options.token.trim() };
  if (options.tokenFile !== undefined) return { token: (await readSecret(options.tokenFile)).trim() };
  const path = firstAccountFile(dataDir);
  const named = options.email ?? (env.COLLOQUY_EMAIL?.trim() || undefined);
  const given =
    options.password ??
    (options.passwordFile === undefined ? undefined : await readSecret(options.passwordFile)) ??
    (env.COLLOQUY_PASSWORD || undefined);
  if (named !== undefined && given !== undefined) return { email: named, password: given, from: 'given' };
  const first = await readFirstAccount(dataDir);
  if (first !== null && (named === undefined || named.toLowerCase() === first.email.toLowerCase()))
    return { email: first.email, password: given ?? first.password, from: given ? 'given' : path };
  if (named === undefined) {
    throw new ColloquyError('CQ033', 'There is no account to import into.', {
      hint: `Run npm start first, which makes one (${path}), or name yours with --email or COLLOQUY_EMAIL.`,
    });
  }
  if (ask === null) {
    throw new ColloquyError('CQ033', `There is no password for ${named}.`, {
      hint: 'Set COLLOQUY_PASSWORD, or use --password-file.',
    });
  }
  return { email: named, password: await ask(named), from: 'typed' };
}
