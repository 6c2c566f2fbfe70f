import type pg from 'pg';
import { ColloquyError } from './errors.ts';
import { connectionsRefusedTotal, connectionWaitSeconds } from './metrics.ts';
import { currentParty } from './party.ts';

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

/** Those of one party. */
interface Line {
  inUse: number;
  // a Set is a queue from whose middle one can go
  readonly waiting: Set<Waiting>;
}

/** Called once: makes room for the next one. */
export type Leave = () => void;

/**
 * Lets a few in at a time, and the others wait: not too many, and not too long. Parties take turns, and no party has more than half of
 * the places, nor of the queue: what one of them does for long leaves the others something to work with.
 */
export class Gate {
  readonly name: string;
  readonly size: number;
  readonly #most: number;
  readonly #patience: number;
  // the order of the parties is the order of their turns
  readonly #lines = new Map<string, Line>();
  #inUse = 0;
  #waiting = 0;

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
    return this.#waiting;
  }

  /**
   * Waits to be let in.
   * @param party  whose work it is; undefined: our own, which is not held to a share
   * @throws ColloquyError CQ438 when too many wait already, or when it takes too long
   */
  async enter(party?: string): Promise<Leave> {
    const key = party ?? '';
    const line = this.#lines.get(key) ?? { inUse: 0, waiting: new Set<Waiting>() };
    const isFree = this.#inUse < this.size && line.inUse < this.#shareOf(key);
    if (!isFree && (this.#waiting >= this.#most || line.waiting.size >= this.#shareOf(key, this.#most)))
      throw this.#refusal();
    this.#lines.set(key, line);
    if (isFree) {
      this.#take(line);
      connectionWaitSeconds.observe({ pool: this.name }, 0);
    } else {
      const start = performance.now();
      await this.#queue(key, line);
      connectionWaitSeconds.observe({ pool: this.name }, (performance.now() - start) / 1000);
    }
    return () => {
      line.inUse -= 1;
      this.#inUse -= 1;
      this.#serve();
      this.#forget(key, line);
    };
  }

  #shareOf(key: string, all = this.size): number {
    return key === '' ? all : Math.ceil(all / 2);
  }

  #take(line: Line): void {
    line.inUse += 1;
    this.#inUse += 1;
  }

  async #queue(key: string, line: Line): Promise<void> {
    this.#waiting += 1;
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        line.waiting.delete(waiting);
        this.#waiting -= 1;
      };
      const timer = setTimeout(() => {
        go();
        this.#forget(key, line);
        reject(this.#refusal());
      }, this.#patience);
      const waiting: Waiting = {
        enter: () => {
          go();
          this.#take(line);
          resolve();
        },
      };
      line.waiting.add(waiting);
    });
  }

  /** Lets in who has waited longest of the party whose turn it is. */
  #serve(): void {
    if (this.#waiting === 0) return;
    for (const [key, line] of [...this.#lines]) {
      if (this.#inUse >= this.size) return;
      const [next] = line.waiting;
      if (!next || line.inUse >= this.#shareOf(key)) continue;
      this.#lines.delete(key);
      this.#lines.set(key, line);
      next.enter();
    }
  }

  #forget(key: string, line: Line): void {
    if (line.inUse === 0 && line.waiting.size === 0) this.#lines.delete(key);
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
