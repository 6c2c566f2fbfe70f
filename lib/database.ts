import type pg from 'pg';
import { changeAddress, shownAddress } from './connections/addresses.ts';
import { plainPool, type ServerPool, serverPool } from './connections/pool.ts';
import { toPrimary } from './connections/primary.ts';
import { inTurn, type Purpose } from './connections/purposes.ts';
import type { Copies } from './embedded/copy.ts';
import { type EmbeddedLogin, openEmbedded, runningEmbedded } from './embedded/open.ts';
import { env } from './env.ts';
import { ColloquyError, errorCode } from './errors.ts';

/** Who a connection acts as: the administrator prepares, the owner migrates, monitor and backup look, the others serve. */
export type DatabaseRole = 'admin' | 'owner' | 'authenticator' | 'worker' | 'monitor' | 'backup';

export interface Database {
  readonly kind: 'server' | 'embedded';
  /** Whether an embedded one is reached through the process that has it open. */
  readonly isJoined?: boolean;
  /** Where it is, without secrets. */
  readonly name: string;
  /** Which database was taken and why, in one line. */
  readonly description: string;
  /**
   * A pool of connections that act as a role. Made once per role and purpose; ended by close(). One with a purpose gives its
   * connections within a bounded time, or says CQ438.
   */
  pool(role: DatabaseRole, purpose?: Purpose): pg.Pool;
  /** Whether reads may go to a standby: pool('authenticator', 'standby'). */
  readonly hasStandby?: boolean;
  /** Of an embedded one that this process has open: hears what its transactions notify; ends by what comes back. */
  hear?(channel: string, told: (payload: string) => void): Promise<() => void>;
  /** A connection string for a role, for tools that want one; of several servers, if it follows them. */
  url(role: DatabaseRole): string;
  /** Of an embedded one that this process has open: the copies that are made before upgrades. */
  readonly copies?: Copies;
  close(): Promise<void>;
}

/** What sql/database.sql installs. */
const EXTENSIONS = ['vector', 'citext', 'pgcrypto', 'pg_trgm', 'btree_gin', 'btree_gist'];

const LOGIN: Record<DatabaseRole, EmbeddedLogin> = {
  admin: 'postgres',
  owner: 'colloquy_owner',
  authenticator: 'colloquy_authenticator',
  worker: 'colloquy_worker',
  monitor: 'colloquy_monitor',
  backup: 'colloquy_backup',
};

/**
 * The connection string of a role on the server that an administrator's string names: the same login, which becomes
 * the role from the first moment on, so that nothing it does ever runs with the administrator's rights.
 */
export function urlForRole(adminUrl: string, role: DatabaseRole): string {
  if (role === 'admin') return adminUrl;
  return changeAddress(adminUrl, (url) => {
    const options = [url.searchParams.get('options'), `-c role=${LOGIN[role]}`].filter(Boolean).join(' ');
    url.searchParams.set('options', options);
  });
}

/** The connection string of another login on the server that an administrator's string names. */
export function loginUrl(adminUrl: string, name: string, password: string): string {
  return changeAddress(adminUrl, (url) => {
    url.username = name;
    url.password = password;
    for (const option of ['user', 'password', 'options']) url.searchParams.delete(option);
  });
}

/** Runs statements in one transaction: all of it is done, or nothing. A connection that broke does not go back into the pool. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: boolean | Error = false;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/**
 * Connections to a server. Roles with a connection string of their own use it; the others act through the
 * administrator's. Reads of the API may have a standby.
 */
export function serverDatabase(
  adminUrl: string,
  own: Partial<Record<DatabaseRole | 'standby' | 'listen', string | undefined>> = {},
  why = 'as asked for',
  openPool: (connectionString: string, role: string, purpose?: Purpose) => ServerPool = serverPool,
): Database {
  const name = `PostgreSQL at ${shownAddress(adminUrl)}`;
  const url = (role: DatabaseRole): string => own[role] ?? urlForRole(adminUrl, role);
  const pools = new Map<string, ServerPool>();
  return {
    kind: 'server',
    name,
    description: `${name}, ${why}`,
    hasStandby: own.standby !== undefined,
    url,
    pool(role, purpose) {
      const key = `${role} ${purpose ?? ''}`;
      const address = purpose === 'standby' ? own.standby : (purpose === 'listen' && own.listen) || url(role);
      if (address === undefined) throw new Error('No standby is known.');
      const pool = pools.get(key) ?? openPool(address, role, purpose);
      pools.set(key, pool);
      return pool.pool;
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      pools.clear();
    },
  };
}

/**
 * Checks that a server can carry Colloquy, before anything is done to it.
 * @throws ColloquyError CQ012 unreachable, CQ013 older than PostgreSQL 18, CQ014 without pgvector or with an extension
 *   in another schema
 */
export async function checkServer(database: Database): Promise<void> {
  let facts: { version: number; missing: string[] | null; elsewhere: string | null };
  try {
    const { rows } = await database.pool('admin').query(
      `select current_setting('server_version_num')::int as version,
         (select array_agg(x) from unnest($1::text[]) x
          where not exists (select from pg_available_extensions a where a.name = x)) as missing,
         (select string_agg(format('alter extension %I set schema extensions;', e.extname), ' ') from pg_extension e
          join pg_namespace n on n.oid = e.extnamespace
          where e.extname = any ($1) and n.nspname <> 'extensions') as elsewhere`,
      [EXTENSIONS],
    );
    facts = rows[0];
  } catch (error) {
    const missing = errorCode(error) === '3D000';
    throw new ColloquyError(
      'CQ012',
      `${database.name} does not answer: ${error instanceof Error ? error.message : error}`,
      {
        hint: missing
          ? 'Create the database first (createdb NAME), or correct DATABASE_URL.'
          : 'Check that the server runs and that DATABASE_URL is right, or unset it to use the embedded database.',
        cause: error,
      },
    );
  }
  if (facts.version < 180000) {
    throw new ColloquyError(
      'CQ013',
      `${database.name} is version ${Math.floor(facts.version / 10000)}; PostgreSQL 18 or newer is needed.`,
      {
        hint: 'Upgrade the server, point DATABASE_URL at a newer one, or unset it to use the embedded database.',
      },
    );
  }
  if (facts.missing) {
    throw new ColloquyError('CQ014', `${database.name} lacks the extensions ${facts.missing.join(', ')}.`, {
      hint: 'Install pgvector (Debian: postgresql-18-pgvector; Docker: the image pgvector/pgvector:pg18) and the contrib package.',
    });
  }
  if (facts.elsewhere) {
    throw new ColloquyError('CQ014', `${database.name} has extensions outside the schema "extensions".`, {
      hint: `Move them, as administrator: create schema if not exists extensions; ${facts.elsewhere}`,
    });
  }
}

/**
 * The database of this process: DATABASE_URL when it is set; else the embedded database of the data folder, opened
 * here, or, with `join`, reached through the process that has it open.
 * @param options.dataDir  folder of the embedded database; default DATA_DIR
 * @param options.join     whether a database that another process has open may be reached through that process
 * @param options.follow   whether connections go to another of several servers when that one is promoted: of what runs for long
 */
export async function openDatabase(
  options: { dataDir?: string; join?: boolean; follow?: boolean } = {},
): Promise<Database> {
  if (env.DATABASE_URL) {
    const place = (url: string | undefined) => (url && !options.follow ? toPrimary(url) : url);
    return serverDatabase(
      (await place(env.DATABASE_URL))!,
      {
        owner: await place(env.OWNER_DATABASE_URL),
        authenticator: await place(env.AUTHENTICATOR_DATABASE_URL),
        worker: await place(env.WORKER_DATABASE_URL),
        monitor: await place(env.MONITOR_DATABASE_URL),
        backup: await place(env.BACKUP_DATABASE_URL),
        standby: env.READ_DATABASE_URL,
        listen: await place(env.LISTEN_DATABASE_URL),
      },
      'because DATABASE_URL is set',
    );
  }
  const dataDir = options.dataDir ?? env.DATA_DIR;
  const name = `the embedded database in ${dataDir}`;
  const running = options.join ? runningEmbedded(dataDir) : undefined;
  if (running) {
    const logins = {
      owner: running('colloquy_owner'),
      authenticator: running('colloquy_authenticator'),
      worker: running('colloquy_worker'),
      monitor: running('colloquy_monitor'),
      backup: running('colloquy_backup'),
    };
    // its one session is had in turn: to wait for it is nothing to worry about
    const database = serverDatabase(running('postgres'), logins, undefined, plainPool);
    return {
      ...database,
      kind: 'embedded',
      isJoined: true,
      name,
      description: `${name}, through the process that runs it`,
    };
  }
  return embeddedDatabase(dataDir, 'because DATABASE_URL is not set');
}

/** The embedded database of a folder, opened in this process; made when there is none. */
export async function embeddedDatabase(dataDir: string, why = 'as asked for'): Promise<Database> {
  const name = `the embedded database in ${dataDir}`;
  const embedded = await openEmbedded(dataDir);
  const pools = new Map<string, pg.Pool>();
  return {
    kind: 'embedded',
    name,
    description: `${name}, ${why}`,
    pool(role, purpose) {
      if (!purpose) return embedded.pool(LOGIN[role]);
      const key = `${role} ${purpose}`;
      const pool = pools.get(key) ?? inTurn(embedded.pool(LOGIN[role], purpose), purpose);
      pools.set(key, pool);
      return pool;
    },
    hear: embedded.hear,
    url: (role) => embedded.url(LOGIN[role]),
    copies: embedded.copies,
    close: embedded.close,
  };
}
