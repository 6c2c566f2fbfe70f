import type pg from 'pg';
import { ControlledDelay } from './controlled-delay.ts';
import { ColloquyError } from './errors.ts';
import { connectionsRefusedTotal, connectionWaitSeconds } from './metrics.ts';
import { currentParty } from './party.ts';
import { type Leave, Turns } from './turns.ts';

export type { Leave };

export interface GateOptions {
  /** For metrics and messages. */
  name: string;
  /** How many are let in at the same time. */
  size: number;
  /** How many may wait. */
  waiting: number;
  /** Milliseconds that each waits at most. */
  patience: number;
  /** Whether who has waited too long in a queue that stands is refused at once. */
  isControlled?: boolean;
}

/** The code of a request that got no connection in time. */
export const BUSY = 'CQ438';

/** What a client is told that could not be served in time. */
export function busy(why: string): ColloquyError {
  return new ColloquyError(BUSY, `The server is busy: ${why}.`, {
    hint: 'Try again in a moment, as the header Retry-After says.',
  });
}

/**
 * Lets a few in at a time, and the others wait: not too many, and not too long. Parties take turns, and no party has more than half of
 * the places, nor of the queue: what one of them does for long leaves the others something to work with.
 */
export class Gate {
  readonly name: string;
  readonly size: number;
  readonly #turns: Turns;

  constructor({ name, size, waiting, patience, isControlled = false }: GateOptions) {
    this.name = name;
    this.size = size;
    const halfOf = (party: string, all: number): number => (party === '' ? all : Math.ceil(all / 2));
    this.#turns = new Turns({
      size,
      sizeOf: (party) => halfOf(party, size),
      waiting,
      waitingOf: (party) => halfOf(party, waiting),
      patience,
      refusal: () => this.#refusal(),
      ...(isControlled ? { delay: new ControlledDelay() } : {}),
    });
  }

  get inUse(): number {
    return this.#turns.running;
  }

  get waiting(): number {
    return this.#turns.waiting;
  }

  /**
   * Waits to be let in.
   * @param party  whose work it is; undefined: our own, which is not held to a share
   * @throws ColloquyError CQ438 when too many wait already, or when it takes too long
   */
  async enter(party?: string): Promise<Leave> {
    const start = performance.now();
    const leave = await this.#turns.enter(party ?? '');
    connectionWaitSeconds.observe({ pool: this.name }, (performance.now() - start) / 1000);
    return leave;
  }

  #refusal(): ColloquyError {
    connectionsRefusedTotal.inc({ pool: this.name });
    return busy('no connection to the database became free in time');
  }
}

type Callback = (error: Error | undefined, client: pg.PoolClient | undefined, done: () => void) => void;

/** Puts a gate before a pool: whoever connects waits there, and is through it until the connection is given back. */
export function gated<P extends pg.Pool>(pool: P, gate: Gate): P {
  const connect = pool.connect.bind(pool) as () => Promise<pg.PoolClient>;

  async function checkOut(): Promise<pg.PoolClient> {
    const leave = await gate.enter(currentParty());
    let client: pg.PoolClient;
    try {
      client = await connect();
    } catch (error) {
      leave();
      throw error;
    }
    const release = client.release;
    client.release = (problem) => {
      client.release = release;
      try {
        release.call(client, problem);
      } finally {
        leave();
      }
    };
    return client;
  }

  pool.connect = ((callback?: Callback) => {
    const client = checkOut();
    if (!callback) return client;
    client.then(
      (taken) => callback(undefined, taken, () => taken.release()),
      (error: Error) => callback(error, undefined, () => {}),
    );
    return undefined;
  }) as typeof pool.connect;
  return pool;
}
