import type pg from 'pg';
import { ColloquyError } from './errors.ts';
import { connectionsRefusedTotal, connectionWaitSeconds } from './metrics.ts';

export interface GateOptions {
  /** For metrics and messages. */
  name: string;
  /** How many are let in at the same time. */
  size: number;
  /** How many may wait. */
  waiting: number;
  /** Milliseconds that each waits at most. */
  patience: number;
}

/** The code of a request that got no connection in time. */
export const BUSY = 'CQ438';

interface Waiting {
  enter(): void;
}

/** Lets a few in at a time, and the others wait: in their order, not too many, and not too long. */
export class Gate {
  readonly name: string;
  readonly size: number;
  readonly #most: number;
  readonly #patience: number;
  #inUse = 0;
  // a Set is a queue from whose middle one can go
  readonly #queue = new Set<Waiting>();

  constructor({ name, size, waiting, patience }: GateOptions) {
    this.name = name;
    this.size = size;
    this.#most = waiting;
    this.#patience = patience;
  }

  get inUse(): number {
    return this.#inUse;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Waits to be let in.
   * @throws ColloquyError CQ438 when too many wait already, or when it takes too long
   */
  async enter(): Promise<void> {
    if (this.#inUse < this.size) {
      this.#inUse += 1;
      connectionWaitSeconds.observe({ pool: this.name }, 0);
      return;
    }
    if (this.#queue.size >= this.#most) throw this.#refusal();
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#queue.delete(waiting);
        reject(this.#refusal());
      }, this.#patience);
      const waiting: Waiting = {
        enter() {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#queue.add(waiting);
    });
    connectionWaitSeconds.observe({ pool: this.name }, (performance.now() - start) / 1000);
  }

  /** Makes room for the one that has waited longest. */
  leave(): void {
    const [next] = this.#queue;
    if (!next) {
      this.#inUse -= 1;
      return;
    }
    this.#queue.delete(next);
    next.enter();
  }

  #refusal(): ColloquyError {
    connectionsRefusedTotal.inc({ pool: this.name });
    return new ColloquyError(BUSY, 'The server is busy: no connection to the database became free in time.', {
      hint: 'Try again in a moment, as the header Retry-After says.',
    });
  }
}

type Callback = (error: Error | undefined, client: pg.PoolClient | undefined, done: () => void) => void;

/** Puts a gate before a pool: whoever connects waits there, and is through it until the connection is given back. */
export function gated<P extends pg.Pool>(pool: P, gate: Gate): P {
  const connect = pool.connect.bind(pool) as () => Promise<pg.PoolClient>;

  async function checkOut(): Promise<pg.PoolClient> {
    await gate.enter();
    let client: pg.PoolClient;
    try {
      client = await connect();
    } catch (error) {
      gate.leave();
      throw error;
    }
    const release = client.release;
    client.release = (problem) => {
      client.release = release;
      try {
        release.call(client, problem);
      } finally {
        gate.leave();
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
