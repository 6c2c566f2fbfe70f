import type { Pool, PoolClient } from 'pg';
import { isConnectionLost } from '../../lib/connections/failures.ts';
import { subscriptionEventsTotal, subscriptionReadsTotal } from '../../lib/metrics.ts';
import { asParty } from '../../lib/party.ts';
import type { Leave } from '../../lib/turns.ts';
import { ApiError } from '../errors.ts';
import { STALL_TIMEOUT } from '../limits/values.ts';
import { inRequest } from '../transaction.ts';
import type { Caller } from './caller.ts';

/** Milliseconds between two readings of a subscription: what happens meanwhile is told together. */
const PACE = 50;
/** Of what is told, so many things are remembered by their ids; of more it is said that something was missed. */
const MOST_HINTS = 200;
/** Milliseconds before what could not be read is read again. */
const AGAIN = 1_000;

/** What happened since the last reading: ids, or anything. */
export interface Hints {
  ids: ReadonlySet<string>;
  isAnything: boolean;
}

/** What a reading found. */
export interface Found<Event> {
  /** Absent: nothing that was not told. */
  event?: Event;
  /** Whether there is more of it already. */
  hasMore?: boolean;
  /** Milliseconds after which it is to be read again, whatever happens. */
  again?: number;
  /** Whether this was the last. */
  isLast?: boolean;
}

/** What a field of Subscription tells. */
export interface Feed<Event = unknown> {
  field: string;
  /** What is told that concerns it, by its first words. */
  topics: readonly string[];
  /** The ids by which that is watched for. */
  ids: readonly string[];
  /** Reads what is new, with the rights of the subscriber. */
  read(client: PoolClient, hints: Hints): Promise<Found<Event>>;
}

/** One subscription. It holds no connection and no queue: while its client takes nothing, what happens is remembered as such, and read later. */
export class Follower implements AsyncIterableIterator<unknown> {
  readonly feed: Feed;
  readonly caller: Caller;
  readonly #pool: Pool;
  readonly #release: () => void;
  readonly #begin: () => void;
  readonly #turn: () => Promise<Leave>;
  readonly #patience: number;
  #leave: Leave | undefined;
  #hints = new Set<string>();
  #isAnything = true;
  #isDue = false;
  #isTaken = true;
  #readAt = Number.NEGATIVE_INFINITY;
  #cost = 0;
  #wake: (() => void) | undefined;
  #stall: NodeJS.Timeout | undefined;
  #alarm: NodeJS.Timeout | undefined;
  #isLast = false;
  #isEnded = false;
  /** Why the server ended it. */
  error: Error | undefined;
  /** While it is not known whether the rights still hold, nothing is read. */
  isHeld = false;

  /**
   * @param pool     connections as colloquy_authenticator
   * @param turn     waits until this one may read
   * @param begin    called before an event is worked on
   * @param release  called at the end
   * @param patience milliseconds in which the client must take an event
   */
  constructor(
    feed: Feed,
    caller: Caller,
    how: {
      pool: Pool;
      turn: () => Promise<Leave>;
      begin: () => void;
      release: () => void;
      patience?: number | undefined;
    },
  ) {
    this.feed = feed;
    this.caller = caller;
    this.#pool = how.pool;
    this.#turn = how.turn;
    this.#begin = how.begin;
    this.#release = how.release;
    this.#patience = how.patience ?? STALL_TIMEOUT;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Says that something happened: to an id, or to anything. */
  happened(id?: string): void {
    if (id === undefined || this.#hints.size >= MOST_HINTS) this.#isAnything = true;
    else this.#hints.add(id);
    this.#isDue = true;
    this.#stir();
  }

  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
    this.#stir();
  }

  /** Says that nothing more is read for the last event. */
  worked(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  /** Says that the client has the last event. */
  taken(): void {
    clearTimeout(this.#stall);
    this.#isTaken = true;
    if (this.#isLast) this.end();
    this.#stir();
  }

  end(error?: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.error = error;
    clearTimeout(this.#stall);
    clearTimeout(this.#alarm);
    this.worked();
    this.#release();
    this.#stir();
  }

  async next(): Promise<IteratorResult<unknown>> {
    for (;;) {
      await this.#until(() => this.#isEnded || (this.#isDue && this.#isTaken && !this.isHeld));
      // who asks for what costs much is asked less often
      const rest = this.#readAt + Math.max(PACE, 2 * this.#cost) - performance.now();
      if (!this.#isEnded && rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
      if (this.#isEnded) {
        if (this.error) throw this.error;
        return { done: true, value: undefined };
      }
      const leave = await this.#turn();
      const event = this.isHeld || this.#isEnded ? undefined : await this.#read();
      if (event === undefined || this.#isEnded) {
        leave();
        continue;
      }
      this.#leave = leave;
      this.#isTaken = false;
      this.#stall = setTimeout(() => this.end(tooSlow()), this.#patience).unref();
      subscriptionEventsTotal.inc({ field: this.feed.field });
      this.#begin();
      return { done: false, value: event };
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.end();
    return { done: true, value: undefined };
  }

  async #read(): Promise<unknown> {
    const hints = { ids: this.#hints, isAnything: this.#isAnything };
    this.#hints = new Set();
    this.#isAnything = false;
    this.#isDue = false;
    clearTimeout(this.#alarm);
    const start = performance.now();
    try {
      const found = await asParty({ name: this.caller.party }, () =>
        inRequest(this.#pool, this.caller.settings, (client) => this.feed.read(client, hints)),
      );
      if (found.hasMore) this.#isDue = true;
      if (found.again !== undefined) this.#later(found.again);
      this.#isLast = found.isLast ?? false;
      if (this.#isLast && found.event === undefined) this.end();
      subscriptionReadsTotal.inc({ outcome: found.event === undefined ? 'nothing' : 'told' });
      return found.event;
    } catch (error) {
      subscriptionReadsTotal.inc({ outcome: 'failed' });
      if (!isPassing(error)) {
        this.end(error as Error);
        return undefined;
      }
      // nothing of it is lost
      for (const id of hints.ids) this.#hints.add(id);
      this.#isAnything ||= hints.isAnything;
      this.#later(AGAIN);
      return undefined;
    } finally {
      this.#readAt = performance.now();
      this.#cost = this.#readAt - start;
    }
  }

  #later(milliseconds: number): void {
    clearTimeout(this.#alarm);
    if (this.#isEnded) return;
    this.#alarm = setTimeout(() => {
      this.#isDue = true;
      this.#stir();
    }, milliseconds).unref();
  }

  #stir(): void {
    this.#wake?.();
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }
}

/** Whether what failed may work in a moment: the database is away, or busy. */
function isPassing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return isConnectionLost(error) || /^(?:CQ438|40001|40P01|53\d\d\d|57014|55P03)$/.test(code);
}

export function tooSlow(): ApiError {
  return new ApiError(
    'CQ801',
    'The client did not take what it was sent.',
    'Subscribe anew from the last cursor, and take events as they come.',
  );
}
