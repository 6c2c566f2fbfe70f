import type pg from 'pg';
import { ColloquyError } from '../errors.ts';

/** The roles that log in, each with the variable that holds where, and what it is for. */
export const LOGINS = {
  owner: { name: 'colloquy_owner', variable: 'OWNER_DATABASE_URL', use: 'migrations' },
  authenticator: { name: 'colloquy_authenticator', variable: 'AUTHENTICATOR_DATABASE_URL', use: 'the API' },
  worker: { name: 'colloquy_worker', variable: 'WORKER_DATABASE_URL', use: 'background jobs' },
  monitor: { name: 'colloquy_monitor', variable: 'MONITOR_DATABASE_URL', use: 'dashboards and alerts' },
  backup: { name: 'colloquy_backup', variable: 'BACKUP_DATABASE_URL', use: 'dumps and physical backups' },
} as const;
export type LoginRole = keyof typeof LOGINS;

const isLogin = (role: string): role is LoginRole => role in LOGINS;

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
export const namedProcess = (client: object): unknown => (client as { processID?: unknown }).processID;

const pooled = new WeakSet<object>();

/**
 * Whether a connection goes to a pooler: its server may be another one from one transaction to the next, so that nothing of
 * a session lasts. Known of the connections of serverDatabase, from their first use on.
 */
export const isPooled = (client: object): boolean => pooled.has(client);

/** What a hint ends with. */
export const OWN_LOGIN = 'npm run logins makes one login per role; docs/pooler.md has what a pooler needs.';

/**
 * Compares what a new connection is with what it was asked for, before its first use. A role that is asked for by an option
 * of the connection is dropped by some poolers, and everything would run with the administrator's rights.
 * @param role  of a DatabaseRole; the administrator is whoever logs in
 * @throws ColloquyError CQ046 when the connection does not act as the role, or may cease to
 */
export async function verifyLogin(client: pg.ClientBase, role: string): Promise<void> {
  if (!isLogin(role)) return;
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
  // row-level security would dump a part in silence
  if (who.isAbove && role !== 'backup') {
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
