import pg from 'pg';
import { LOGINS, type LoginRole } from '../../lib/database/login.ts';
import { type Database, inTransaction, loginUrl } from '../../lib/database.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { fileOf, readLogin, writeLogin } from './file.ts';
import { newPassword, scramVerifier } from './password.ts';

/** made: it has a new password; kept: that of its file; given: by the environment; absent: there is no such role here. */
type State = 'made' | 'kept' | 'given' | 'absent';

export interface Login {
  role: LoginRole;
  name: string;
  state: State;
  file?: string;
}

export interface LoginOptions {
  folder: string;
  roles: readonly LoginRole[];
  /** Gives new passwords to logins that have one. */
  rotate: boolean;
  /** Says what would be done. */
  dryRun: boolean;
  /** Roles whose connection string the environment has: somebody else looks after them. */
  given: ReadonlySet<LoginRole>;
}

async function logsIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    if (errorCode(error) === '28P01') return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Whether a role has a password already; undefined where only a superuser could tell. */
async function hasPassword(database: Database, name: string): Promise<boolean | undefined> {
  try {
    const { rows } = await database
      .pool('admin')
      .query('select rolpassword is not null as yes from pg_catalog.pg_authid where rolname = $1', [name]);
    return rows[0]?.yes;
  } catch (error) {
    if (errorCode(error) === '42501') return undefined;
    throw error;
  }
}

async function stateOf(database: Database, role: LoginRole, options: LoginOptions): Promise<State> {
  const { name } = LOGINS[role];
  if (options.given.has(role)) return 'given';
  const { rows } = await database
    .pool('admin')
    .query('select from pg_catalog.pg_roles where rolname = $1', [name]);
  if (rows.length === 0) return options.dryRun ? 'made' : 'absent';
  if (options.rotate) return 'made';
  const known = readLogin(options.folder, role);
  if (known && (await logsIn(known))) return 'kept';
  const password = await hasPassword(database, name);
  if (password === false) return 'made';
  const file = fileOf(options.folder, role);
  throw new ColloquyError(
    'CQ049',
    password === undefined
      ? `Nobody can tell whether ${name} has a password: ${file} has none that fits, and this login may not look.`
      : `${name} has a password that is not in ${file}.`,
    {
      hint: `To give it a new one, which processes with the old one cannot use: npm run logins -- --rotate --role ${role}`,
    },
  );
}

/**
 * Gives each role a password of its own, and writes its connection string into a file that only its owner may read. What
 * has one that fits is left alone.
 * @throws ColloquyError CQ049 when a role has another password than its file, or may not be changed
 */
export async function makeLogins(database: Database, options: LoginOptions): Promise<Login[]> {
  // all are looked at before the first is changed
  const states: [LoginRole, State][] = [];
  for (const role of options.roles) states.push([role, await stateOf(database, role, options)]);
  for (const [role, state] of states) {
    if (state === 'made' && !options.dryRun) await makeLogin(database, role, options.folder);
  }
  return states.map(([role, state]) => ({
    role,
    name: LOGINS[role].name,
    state,
    ...(state === 'made' || state === 'kept' ? { file: fileOf(options.folder, role) } : {}),
  }));
}

async function makeLogin(database: Database, role: LoginRole, folder: string): Promise<void> {
  const { name } = LOGINS[role];
  const password = newPassword();
  try {
    // the file first: a password that is set and nowhere written would be lost
    await inTransaction(database.pool('admin'), async (client) => {
      await client.query(
        `alter role ${pg.escapeIdentifier(name)} login password ${pg.escapeLiteral(scramVerifier(password))}`,
      );
      writeLogin(folder, role, loginUrl(database.url('admin'), name, password));
    });
  } catch (error) {
    if (errorCode(error) !== '42501') throw error;
    throw new ColloquyError('CQ049', `This login may not change ${name}: ${(error as Error).message}.`, {
      hint: 'Use an administrator that made the roles, or a superuser.',
      cause: error,
    });
  }
}
