import pg from 'pg';
import { verifyLogin } from '../database/login.ts';
import { addressesOf } from './addresses.ts';
import { KEEP_ALIVE_DELAY, REQUEST_CLOCKS, STANDBY_CLOCKS, WORK_CLOCKS } from './clocks.ts';
import { outage } from './outage.ts';
import { bounded, type Purpose, poolSize } from './purposes.ts';
import { ConnectionWatch } from './watch.ts';

export interface ServerPool {
  pool: pg.Pool;
  /** Ends its connections, those in use when they are given back. */
  end(): Promise<void>;
}

function listening(pool: pg.Pool): pg.Pool {
  // the next query gets a new connection; one that is broken in use rejects where it is used
  pool.on('error', () => {});
  // nor one that is taken and breaks before its taker listens: several messages of the server may come in one piece
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

const applicationName = (role: string, purpose: Purpose | undefined): string =>
  ['colloquy', role, purpose].filter(Boolean).join(' ');

const holdable = new WeakSet<pg.Pool>();

/**
 * Whether a request may keep a connection of this pool while it uses another pool. Not where there is but one session for all of
 * them, and not where one pool serves for all: each could wait for what the others keep.
 */
export const mayBeHeld = (pool: pg.Pool): boolean => holdable.has(pool);

/** Milliseconds for which the API keeps a connection of requests that nobody uses: a new one knows no table and has planned nothing. */
const API_IDLE = 300_000;

/** A pool without clocks: for a server that lets its clients wait in turn, and is on this machine. */
export function plainPool(connectionString: string, role: string, purpose?: Purpose): ServerPool {
  const pool = listening(
    new pg.Pool({
      connectionString,
      max: poolSize(purpose),
      application_name: applicationName(role, purpose),
    }),
  );
  return { pool: bounded(pool, purpose), end: () => pool.end() };
}

/**
 * A pool of connections to a server that neither brings the process down when a connection breaks nor lets anybody wait for ever.
 * @param role  whom its connections act as: the API's have a client that waits
 */
export function serverPool(connectionString: string, role: string, purpose?: Purpose): ServerPool {
  const clocks =
    purpose === 'standby' ? STANDBY_CLOCKS : role === 'authenticator' ? REQUEST_CLOCKS : WORK_CLOCKS;
  // a standby says nothing of the database: that one which takes changes may be away
  const answered = purpose === 'standby' ? () => {} : () => outage.answered();
  const watch = new ConnectionWatch(connectionString, clocks, answered);
  const pool = listening(
    new pg.Pool({
      // of several servers, the client finds the one that takes changes
      connectionString: addressesOf(connectionString)[0],
      max: poolSize(purpose),
      application_name: applicationName(role, purpose),
      // before its first use; a connection that fails here is closed, and its taker gets the error
      onConnect: (client) => verifyLogin(client, role),
      connectionTimeoutMillis: clocks.connect,
      ...(role === 'authenticator' ? { pipeline: true } : {}),
      // not of those whose questions have no second try: a connection that was lost in silence lies here as long
      ...(purpose === 'requests' ? { idleTimeoutMillis: API_IDLE } : {}),
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY,
      Client: watch.clientClass,
    }),
  );
  pool.on('connect', answered);
  pool.on('release', (_, client) => {
    // the pool drops a connection that is about to end
    if (watch.isRetired(client)) void client.end();
  });
  if (purpose === 'requests') holdable.add(pool);
  return {
    pool: bounded(pool, purpose),
    async end() {
      await pool.end();
      watch.close();
    },
  };
}
