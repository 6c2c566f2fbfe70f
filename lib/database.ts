import pg from 'pg';
import type { Copies } from './embedded/copy.ts';
import { type EmbeddedLogin, openEmbedded, runningEmbedded } from './embedded/open.ts';
import { env } from './env.ts';
import { ColloquyError, errorCode } from './errors.ts';
import { Gate, gated } from './gate.ts';
import { connectionsAllowed, connectionsInUse, connectionsWaiting } from './metrics.ts';

/** Who a connection acts as: the administrator prepares, the owner migrates, the others serve. */
export type DatabaseRole = 'admin' | 'owner' | 'authenticator' | 'worker';

/**
 * What the API's connections are for, each with a pool of its own, so that one cannot use up another's: what signed-in users ask,
 * what visitors ask, what hashes passwords (a quarter of a second of the server's time each), and the counts of limits.
 */
export type Purpose = 'requests' | 'visitors' | 'credentials' | 'limits';

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
  /** A connection string for a role, for tools that want one. */
  url(role: DatabaseRole): string;
  /** Of an embedded one that this process has open: the copies that are made before upgrades. */
  readonly copies?: Copies;
  close(): Promise<void>;
}

/** What sql/database.sql installs. */
const EXTENSIONS = ['vector', 'citext', 'pgcrypto', 'pg_trgm', 'btree_gin', 'btree_gist'];

/** Connections a process holds per role on a server. */
const POOL_SIZE = env.DATABASE_POOL_SIZE;

/** Connections of the API by what they are for. */
const PURPOSE_SIZE: Record<Purpose, number> = {
  requests: POOL_SIZE,
  visitors: env.POOL_VISITORS,
  credentials: env.POOL_CREDENTIALS,
  limits: 2,
};

/** Milliseconds that a request waits for the one session of the embedded database, which an index may take for half a minute. */
const EMBEDDED_PATIENCE = 60_000;

const LOGIN: Record<DatabaseRole, EmbeddedLogin> = {
  admin: 'postgres',
  owner: 'colloquy_owner',
  authenticator: 'colloquy_authenticator',
  worker: 'colloquy_worker',
};

/** A pool that does not bring the process down when an idle connection breaks. */
function serverPool(connectionString: string, role: DatabaseRole, purpose?: Purpose): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: purpose ? PURPOSE_SIZE[purpose] : POOL_SIZE,
    application_name: purpose ? `colloquy ${role} ${purpose}` : `colloquy ${role}`,
  });
  // the next query gets a new connection; one that is broken in use rejects where it is used
  pool.on('error', () => {});
  // nor one that is taken and breaks before its taker listens: several messages of the server may come in one piece
  pool.on('connect', (client) => client.on('error', () => {}));
  return purpose ? gated(pool, openGate(purpose, PURPOSE_SIZE[purpose], env.POOL_WAIT_SECONDS * 1000)) : pool;
}

const gates = new Set<Gate>();

function openGate(name: Purpose, size: number, patience: number): Gate {
  const gate = new Gate({ name, size, waiting: env.POOL_QUEUE_LENGTH, patience });
  gates.add(gate);
  return gate;
}

/** Brings the gauges of the pools up to date. */
export function measurePools(): void {
  for (const gauge of [connectionsInUse, connectionsWaiting, connectionsAllowed]) gauge.reset();
  for (const gate of gates) {
    connectionsInUse.inc({ pool: gate.name }, gate.inUse);
    connectionsWaiting.inc({ pool: gate.name }, gate.waiting);
    connectionsAllowed.inc({ pool: gate.name }, gate.size);
  }
}

/** Parses a connection string, also one that names a socket and no host: postgres://login@/database?host=/folder. */
function parseUrl(connectionString: string): URL {
  return new URL(connectionString.replace(/^(\w+:\/\/[^@/?#]*@)(?=[/?#]|$)/, '$1localhost'));
}

/**
 * The connection string of a role on the server that an administrator's string names: the same login, which becomes
 * the role from the first moment on, so that nothing it does ever runs with the administrator's rights.
 */
export function urlForRole(adminUrl: string, role: DatabaseRole): string {
  if (role === 'admin') return adminUrl;
  const url = parseUrl(adminUrl);
  const options = [url.searchParams.get('options'), `-c role=${LOGIN[role]}`].filter(Boolean).join(' ');
  url.searchParams.set('options', options);
  return url.toString();
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

/** A connection string for messages: without its password. */
function shown(connectionString: string): string {
  const url = parseUrl(connectionString);
  return `${url.searchParams.get('host') || url.hostname || 'localhost'}${url.port ? `:${url.port}` : ''}${url.pathname}`;
}

/**
 * Connections to a server. Roles with a connection string of their own use it; the others act through the
 * administrator's.
 */
export function serverDatabase(
  adminUrl: string,
  own: Partial<Record<DatabaseRole, string | undefined>> = {},
  why = 'as asked for',
): Database {
  const name = `PostgreSQL at ${shown(adminUrl)}`;
  const url = (role: DatabaseRole): string => own[role] ?? urlForRole(adminUrl, role);
  const pools = new Map<string, pg.Pool>();
  return {
    kind: 'server',
    name,
    description: `${name}, ${why}`,
    url,
    pool(role, purpose) {
      const key = `${role} ${purpose ?? ''}`;
      const pool = pools.get(key) ?? serverPool(url(role), role, purpose);
      pools.set(key, pool);
      return pool;
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
 */
export async function openDatabase(options: { dataDir?: string; join?: boolean } = {}): Promise<Database> {
  if (env.DATABASE_URL) {
    return serverDatabase(
      env.DATABASE_URL,
      {
        owner: env.OWNER_DATABASE_URL,
        authenticator: env.AUTHENTICATOR_DATABASE_URL,
        worker: env.WORKER_DATABASE_URL,
      },
      'because DATABASE_URL is set',
    );
  }
  const dataDir = options.dataDir ?? env.DATA_DIR;
  const name = `the embedded database in ${dataDir}`;
  const running = options.join ? runningEmbedded(dataDir) : undefined;
  if (running) {
    const database = serverDatabase(running('postgres'), {
      owner: running('colloquy_owner'),
      authenticator: running('colloquy_authenticator'),
      worker: running('colloquy_worker'),
    });
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
    // The one session goes round in the order of asking. So that nobody asks for many turns at once, one hash and one visitor at a
    // time stand in that line; the others wait outside.
    pool(role, purpose) {
      if (!purpose) return embedded.pool(LOGIN[role]);
      const key = `${role} ${purpose}`;
      const size = purpose === 'requests' ? POOL_SIZE : 1;
      const pool =
        pools.get(key) ??
        gated(embedded.pool(LOGIN[role], purpose), openGate(purpose, size, EMBEDDED_PATIENCE));
      pools.set(key, pool);
      return pool;
    },
    url: (role) => embedded.url(LOGIN[role]),
    copies: embedded.copies,
    close: embedded.close,
  };
}
