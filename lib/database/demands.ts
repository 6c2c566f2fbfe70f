import type { Database } from '../database.ts';
import { ColloquyError, errorCode } from '../errors.ts';
import { LOGINS, type LoginRole, namedProcess, OWN_LOGIN } from './login.ts';

/** What the server, or a pooler before it, says when it does not let a role in. */
const REFUSED: Record<string, (name: string) => string> = {
  '08P01': () => 'A pooler stands before the database and does not pass the role on.',
  '22023': (name) => `The role ${name} does not exist: run npm run migrate first.`,
  '28000': () => 'The login is not allowed.',
  '28P01': () => 'The password is wrong.',
  '42501': (name) => `This login may not become ${name}.`,
};

/**
 * Makes sure, at the start of a process, that it can act as a role, and says what is wrong with the logins otherwise.
 * @throws ColloquyError CQ046
 */
export async function demandLogin(database: Database, role: LoginRole): Promise<void> {
  try {
    (await database.pool(role).connect()).release();
  } catch (error) {
    const why = REFUSED[errorCode(error) ?? ''];
    if (!why) throw error;
    const { name, variable } = LOGINS[role];
    throw new ColloquyError(
      'CQ046',
      `${database.name} does not let this process act as ${name}: ${(error as Error).message}.`,
      { hint: `${why(name)} Set ${variable} to the login of ${name}. ${OWN_LOGIN}`, cause: error },
    );
  }
}

/**
 * Refuses a pooler where a session must last: migrations hold a lock in one, and change its settings.
 * @throws ColloquyError CQ047
 */
export async function demandDirect(database: Database, role: 'admin' | 'owner'): Promise<void> {
  if (database.kind === 'embedded') return;
  const client = await database.pool(role).connect();
  try {
    const { rows } = await client.query('select pg_catalog.pg_backend_pid() as pid');
    if (rows[0].pid === namedProcess(client)) return;
  } finally {
    client.release();
  }
  const variable = role === 'admin' ? 'DATABASE_URL' : LOGINS.owner.variable;
  throw new ColloquyError(
    'CQ047',
    'Migrations do not run through a pooler: they need a session of their own.',
    {
      hint: `Set ${variable} to the address of PostgreSQL itself; only AUTHENTICATOR_DATABASE_URL and WORKER_DATABASE_URL may go through a pooler. See docs/pooler.md.`,
    },
  );
}
