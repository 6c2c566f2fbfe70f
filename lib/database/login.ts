import type pg from 'pg';
import type { Database, DatabaseRole } from '../database.ts';
import { ColloquyError, errorCode } from '../errors.ts';

/** The roles that serve and migrate, each with what a process names its login by. */
export type ServingRole = Exclude<DatabaseRole, 'admin'>;
const LOGINS: Record<ServingRole, { name: string; variable: string }> = {
  owner: { name: 'colloquy_owner', variable: 'OWNER_DATABASE_URL' },
  authenticator: { name: 'colloquy_authenticator', variable: 'AUTHENTICATOR_DATABASE_URL' },
  worker: { name: 'colloquy_worker', variable: 'WORKER_DATABASE_URL' },
};

const isServing = (role: string): role is ServingRole => role in LOGINS;

const WHO = `
  select current_user as role, session_user as login, pg_catalog.pg_backend_pid() as pid, r.rolsuper or r.rolbypassrls as "isAbove"
  from pg_catalog.pg_roles r where r.rolname = current_user`;

interface Who {
  role: string;
  login: string;
  pid: number;
  /** Whether row-level security does not hold for the role. */
  isAbove: boolean;
}

/** The process that the other side named when the connection was made. Of a pooler it is no server's. */
const namedProcess = (client: object): unknown => (client as { processID?: unknown }).processID;

const pooled = new WeakSet<object>();

/**
 * Whether a connection goes to a pooler: its server may be another one from one transaction to the next, so that nothing of
 * a session lasts. Known of the connections of serverDatabase, from their first use on.
 */
export const isPooled = (client: object): boolean => pooled.has(client);

const OWN_LOGIN = 'npm run logins makes one login per role; docs/pooler.md has what a pooler needs.';

/**
 * Compares what a new connection is with what it was asked for, before its first use. A role that is asked for by an option
 * of the connection is dropped by some poolers, and everything would run with the administrator's rights.
 * @param role  of a DatabaseRole; the administrator is whoever logs in
 * @throws ColloquyError CQ046 when the connection does not act as the role, or may cease to
 */
export async function verifyLogin(client: pg.ClientBase, role: string): Promise<void> {
  if (!isServing(role)) return;
  const { name, variable } = LOGINS[role];
  const { rows } = await client.query<Who>(WHO);
  const who = rows[0]!;
  const isBehindPooler = who.pid !== namedProcess(client);
  if (isBehindPooler) pooled.add(client);
  if (who.role !== name) {
    throw new ColloquyError('CQ046', `The connection acts as ${who.role}, and must act as ${name}.`, {
      hint: isBehindPooler
        ? `A pooler stands before the database and dropped the role: set ${variable} to the login of ${name}. ${OWN_LOGIN}`
        : `Set ${variable} to the login of ${name}. ${OWN_LOGIN}`,
    });
  }
  if (who.isAbove) {
    throw new ColloquyError('CQ046', `Row-level security does not hold for ${name}.`, {
      hint: `As an administrator: alter role ${name} nosuperuser nobypassrls;`,
    });
  }
  if (isBehindPooler && who.login !== name) {
    throw new ColloquyError(
      'CQ046',
      `${who.login} became ${name} by an option of the connection, which a pooler may drop between two transactions.`,
      { hint: `Set ${variable} to the login of ${name}. ${OWN_LOGIN}` },
    );
  }
}

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
export async function demandLogin(database: Database, role: ServingRole): Promise<void> {
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
