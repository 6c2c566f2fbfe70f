import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { LOGINS, type LoginRole } from '../../lib/database/login.ts';
import { errorCode } from '../../lib/errors.ts';

/** A folder per role, so that a process can be given its own and no other. */
export const fileOf = (folder: string, role: LoginRole): string => join(folder, role, 'login.env');

/** The connection string that a file has, or undefined. */
export function readLogin(folder: string, role: LoginRole): string | undefined {
  try {
    return parseEnv(readFileSync(fileOf(folder, role), 'utf8'))[LOGINS[role].variable];
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes the whole file or nothing, readable by its owner alone. */
export function writeSecret(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, text, { mode: 0o600, flag: 'w' });
  renameSync(`${path}.new`, path);
}

export function writeLogin(folder: string, role: LoginRole, url: string): void {
  const { name, variable, use } = LOGINS[role];
  writeSecret(
    fileOf(folder, role),
    `# The login of ${name}, for ${use}. Made by npm run logins; whoever has it is that role.\n${variable}=${url}\n`,
  );
}

/** PgBouncer's auth_file for logins that go through it. */
export function writeUserlist(path: string, urls: string[]): void {
  const lines = urls.map((text) => {
    const { username, password } = new URL(text);
    return `"${username}" "${decodeURIComponent(password)}"\n`;
  });
  writeSecret(path, lines.join(''));
}
