import type pg from 'pg';
import { cancelQuery } from '../../lib/cancel-query.ts';
import { isPooled } from '../../lib/database/login.ts';
import { EmbeddedPool } from '../../lib/embedded/session.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';

/** Settings of PostgreSQL by name, for one statement. */
export type Settings = Record<string, string>;

/** A session that may rebuild, vacuum and analyse. */
export interface Maintainer {
  /** One session for everybody: nothing is concurrent there. */
  readonly isEmbedded: boolean;
  /** The process of the server that does the work. */
  readonly pid: number | undefined;
  /** Runs a statement that may stand in no transaction. @param signal  cancels it, which rejects with 57014 */
  run(sql: string, settings?: Settings, signal?: AbortSignal): Promise<void>;
}

export interface MaintenanceOptions {
  /** What it does, as the message to a second one has it: `reindex`. One at a time. */
  task: string;
  /** The role that the login becomes for it: colloquy_maintenance, of the worker. Default: the login's own. */
  role?: string | undefined;
}

/** The server ends a statement whose client is gone after so long: else it would go on building for a command that was killed. */
const GONE = '2s';

const KEY = `hashtextextended('colloquy maintenance ' || $1, 0)`;

/** Who holds the lock: its process, how long it has been connected, and which program it is. */
const HOLDER = `
  select l.pid, a.application_name as application, date_trunc('second', now() - a.backend_start)::text as age
  from pg_catalog.pg_locks l
  left join pg_catalog.pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.objsubid = 1 and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
    and (l.classid::bigint << 32) | l.objid::bigint = ${KEY}`;

async function takeLock(client: pg.PoolClient, task: string): Promise<void> {
  const { rows } = await client.query(`select pg_catalog.pg_try_advisory_lock(${KEY}) as is_ours`, [task]);
  if (rows[0].is_ours) return;
  const { rows: holders } = await client.query(HOLDER, [task]);
  const who = holders[0];
  throw new ColloquyError(
    'CQ650',
    `Another ${task} runs on this database${who ? `: process ${who.pid} of the server, ${who.application ?? 'unknown'}, connected for ${who.age}` : ''}.`,
    {
      hint: 'Wait for its end. One that was killed ends by itself within some seconds; select pg_cancel_backend(PID) ends a living one.',
    },
  );
}

/** @throws ColloquyError CQ651 when the login may not become the role that maintains */
async function become(client: pg.PoolClient, role: string): Promise<void> {
  try {
    await client.query(`set role ${role}`);
    const { rows } = await client.query(
      `select pg_catalog.pg_has_role('pg_maintain', 'usage') as may, session_user as login`,
    );
    if (rows[0].may) return;
  } catch (error) {
    if (!['42501', '22023', '42704'].includes(errorCode(error) ?? '')) throw error;
  }
  throw new ColloquyError('CQ651', `This login may not maintain tables: ${role} lacks pg_maintain.`, {
    hint: 'As a superuser: grant pg_maintain to colloquy_maintenance; or run npm run migrate as an administrator that may grant it.',
  });
}

/** A statement on the one session that there is, which is given back as it was. */
async function runEmbedded(
  pool: pg.Pool,
  sql: string,
  settings: Settings,
  role: string | undefined,
): Promise<void> {
  const client = await pool.connect();
  try {
    if (role) await become(client, role);
    for (const [name, value] of Object.entries(settings))
      await client.query(`select pg_catalog.set_config($1, $2, false)`, [name, value]);
    await client.query(sql);
  } finally {
    await client
      .query(
        `reset role; ${Object.keys(settings)
          .map((name) => `reset ${name};`)
          .join(' ')}`,
      )
      .catch(() => {});
    client.release();
  }
}

/** Runs a statement and cancels it when the signal says so, also when it says so before the server has begun. */
async function runCancellable(
  client: pg.PoolClient,
  sql: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  let again: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    void cancelQuery(client);
    again = setTimeout(cancel, 500);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    await client.query(sql);
  } finally {
    clearTimeout(again);
    signal?.removeEventListener('abort', cancel);
  }
}

/**
 * Gives the work a session that maintains, alone in its task on this database; its settings and its lock end with it.
 * @throws ColloquyError CQ650 when another does the same, CQ651 when the login may not, CQ652 behind a pooler
 */
export async function maintaining<T>(
  pool: pg.Pool,
  { task, role }: MaintenanceOptions,
  work: (maintainer: Maintainer) => Promise<T>,
): Promise<T> {
  if (pool instanceof EmbeddedPool) {
    return work({
      isEmbedded: true,
      pid: undefined,
      run: (sql, settings = {}) => runEmbedded(pool, sql, settings, role),
    });
  }
  const client = await pool.connect();
  // what runs on it rejects, and says so
  client.on('error', () => {});
  try {
    if (isPooled(client)) {
      throw new ColloquyError(
        'CQ652',
        `A ${task} does not run through a pooler: it needs a session of its own.`,
        {
          hint: 'Run it with OWNER_DATABASE_URL, or WORKER_DATABASE_URL, set to the address of PostgreSQL itself. See docs/pooler.md.',
        },
      );
    }
    if (role) await become(client, role);
    await takeLock(client, task);
    await client.query(
      `set idle_session_timeout = 0; set statement_timeout = 0; set client_connection_check_interval = '${GONE}'`,
    );
    const { rows } = await client.query('select pg_catalog.pg_backend_pid() as pid');
    return await work({
      isEmbedded: false,
      pid: rows[0].pid,
      async run(sql, settings = {}, signal) {
        for (const [name, value] of Object.entries(settings))
          await client.query('select pg_catalog.set_config($1, $2, false)', [name, value]);
        await runCancellable(client, sql, signal);
      },
    });
  } finally {
    // ends the connection, and with it role, lock and settings
    client.release(true);
  }
}
