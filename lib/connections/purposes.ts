import type pg from 'pg';
import { env } from '../env.ts';
import { Gate, gated } from '../gate.ts';
import { connectionsAllowed, connectionsInUse, connectionsWaiting } from '../metrics.ts';

/**
 * What the API's connections are for, each with a pool of its own, so that one cannot use up another's: what signed-in users ask,
 * what visitors ask, what hashes passwords (a quarter of a second of the server's time each), the counts of limits, and what is read for
 * subscriptions; those to a standby; and the one that hears of changes.
 */
export type Purpose =
  | 'requests'
  | 'visitors'
  | 'credentials'
  | 'limits'
  | 'subscriptions'
  | 'standby'
  | 'listen';

/** Connections a process holds per role on a server. */
const POOL_SIZE = env.DATABASE_POOL_SIZE;

const SIZES: Record<Purpose, number> = {
  requests: POOL_SIZE,
  visitors: env.POOL_VISITORS,
  credentials: env.POOL_CREDENTIALS,
  limits: 2,
  subscriptions: env.POOL_SUBSCRIPTIONS,
  listen: 1,
  standby: POOL_SIZE,
};

/** Milliseconds that a read waits for a connection to a standby: the primary answers then. */
const STANDBY_PATIENCE = 500;

/** Milliseconds that a request waits for the one session of the embedded database, which an index may take for half a minute. */
const EMBEDDED_PATIENCE = 60_000;

const gates = new Set<Gate>();

function openGate(name: Purpose, size: number, patience: number, isControlled: boolean): Gate {
  const gate = new Gate({ name, size, waiting: env.POOL_QUEUE_LENGTH, patience, isControlled });
  gates.add(gate);
  return gate;
}

/** Connections of a pool. */
export const poolSize = (purpose: Purpose | undefined): number => (purpose ? SIZES[purpose] : POOL_SIZE);

/** Bounds the wait for the connections of a pool that has a purpose. */
export function bounded<P extends pg.Pool>(pool: P, purpose: Purpose | undefined): P {
  // of the one that listens nobody else wants a turn
  if (!purpose || purpose === 'listen') return pool;
  const patience = purpose === 'standby' ? STANDBY_PATIENCE : env.POOL_WAIT_SECONDS * 1000;
  // a hash takes a quarter of a second, and an account is asked for it once: its queue may stand
  const isControlled = purpose !== 'credentials';
  return gated(pool, openGate(purpose, SIZES[purpose], patience, isControlled));
}

/**
 * The same on the embedded database, whose one session goes round in the order of asking: so that nobody asks for many turns at
 * once, one hash and one visitor at a time stand in that line, and the others wait outside.
 */
export function inTurn<P extends pg.Pool>(pool: P, purpose: Purpose): P {
  const size = purpose === 'requests' ? POOL_SIZE : 1;
  return gated(pool, openGate(purpose, size, EMBEDDED_PATIENCE, false));
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
