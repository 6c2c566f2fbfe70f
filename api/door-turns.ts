import { AsyncLocalStorage } from 'node:async_hooks';
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { PoolClient } from 'pg';
import { ControlledDelay } from '../lib/controlled-delay.ts';
import { env } from '../lib/env.ts';
import { busy } from '../lib/gate.ts';
import { connectionsRefusedTotal } from '../lib/metrics.ts';
import { type Leave, Turns } from '../lib/turns.ts';
import { partyOf } from './limits/limiter.ts';

/**
 * The door: as many requests are worked on as the processor and the connections can serve, and the others wait here, where they have
 * cost nothing yet. What is let in is answered soon, and when there is more to do than can be done, who has waited too long is
 * refused. Those who are signed in have a door of their own, so that no crowd of strangers stands before them; accounts take
 * turns at it, and none has more than half of the places.
 */
function door(size: number): Turns {
  return new Turns({
    size,
    sizeOf: () => Math.ceil(size / 2),
    waiting: Number.POSITIVE_INFINITY,
    waitingOf: () => env.POOL_QUEUE_LENGTH,
    patience: env.POOL_WAIT_SECONDS * 1000,
    refusal: () => {
      connectionsRefusedTotal.inc({ pool: 'door' });
      return busy('there is more to do than it can do in time');
    },
    delay: new ControlledDelay(),
  });
}

/** Places for each connection: while one waits for the database, another one is read, checked and planned. */
const PLACES = 2;
const members = door(PLACES * env.DATABASE_POOL_SIZE);
const strangers = door(PLACES * env.POOL_VISITORS);

/** Whose a token was when it was last looked up. Nothing but the order of turns depends on it. */
const parties = new LRUCache<string, string>({ max: 20_000, ttl: 600_000 });

function tokenKey({ headers: { authorization } }: IncomingMessage): string | undefined {
  return authorization && hash('sha256', authorization, 'base64');
}

/** Takes down whose the token of a request is. */
export function rememberParty(request: IncomingMessage, party: string): void {
  const key = tokenKey(request);
  if (key) parties.set(key, party);
}

/** Whose the token of a request was, if it was looked up lately. */
export const knownParty = (request: IncomingMessage): string | undefined =>
  parties.get(tokenKey(request) ?? '');

/**
 * The place of a request: held while it is worked on and waits for nothing elsewhere. With it goes the connection that its token was
 * looked up on, so that it waits for one once.
 */
class Place {
  readonly #again: () => Leave;
  #leave: Leave | undefined;
  #connection: PoolClient | undefined;
  /** What it waits for elsewhere; what was begun may go on when the request is over. */
  #outside = 0;
  #isOver = false;

  constructor(leave: Leave, again: () => Leave) {
    this.#leave = leave;
    this.#again = again;
  }

  goOut(): void {
    this.#outside += 1;
    this.#release();
  }

  comeBack(): void {
    this.#outside -= 1;
    if (this.#outside === 0 && !this.#isOver) this.#leave = this.#again();
  }

  end(): void {
    this.#isOver = true;
    this.#release();
  }

  hold(connection: PoolClient): void {
    this.#connection = connection;
  }

  take(): PoolClient | undefined {
    const connection = this.#connection;
    this.#connection = undefined;
    return connection;
  }

  #release(): void {
    this.take()?.release();
    this.#leave?.();
    this.#leave = undefined;
  }
}

const places = new AsyncLocalStorage<Place>();

/**
 * Works on a request when it has a place, by the account that its token was of, or by its address where that is not known.
 * @throws ColloquyError CQ438 when it waited too long for one
 */
export async function throughDoor<T>(request: IncomingMessage, work: () => Promise<T>): Promise<T> {
  const known = knownParty(request);
  const turns = known === undefined ? strangers : members;
  const party = known ?? partyOf(request);
  const place = new Place(await turns.enter(party), () => turns.enterAgain(party));
  try {
    return await places.run(place, work);
  } finally {
    place.end();
  }
}

/** Keeps a connection for what the current request does next. Outside of the door it is given back at once. */
export function holdConnection(connection: PoolClient): void {
  const place = places.getStore();
  if (place) place.hold(connection);
  else connection.release();
}

/** The connection that the current request holds; from now on it is the caller's to give back. */
export const takeHeld = (): PoolClient | undefined => places.getStore()?.take();

/** Gives the connection back that the current request holds, if it does. */
export const releaseHeld = (): void => takeHeld()?.release();

/** Waits for what is done elsewhere, a model or a service, and lets another request in meanwhile. */
export async function outside<T>(work: () => Promise<T>): Promise<T> {
  const place = places.getStore();
  if (!place) return work();
  place.goOut();
  try {
    return await work();
  } finally {
    place.comeBack();
  }
}
