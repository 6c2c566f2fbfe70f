import type { Pool } from 'pg';
import { env } from '../../lib/env.ts';
import { log } from '../../lib/log.ts';
import { subscriptionsEndedTotal, subscriptionsOpen } from '../../lib/metrics.ts';
import { type Leave, Turns } from '../../lib/turns.ts';
import { ApiError } from '../errors.ts';
import type { OpenCounts } from '../limits/subscriptions.ts';
import type { Caller } from './caller.ts';
import { type Feed, Follower } from './follower.ts';
import { bucketOf, type Receiver, type Signals } from './signals.ts';

/** Milliseconds after which the rights of a subscriber are looked at again, whatever was told: sessions and keys expire. */
const RIGHTS_CLOCK = 20_000;
/** Whose rights are looked at at the same time. */
const CHECKS_AT_ONCE = 4;

/** A connection of a client, with its subscriptions. */
export interface Connection {
  readonly caller: Caller;
  /** To be called when the client has gone. */
  close(): void;
}

interface Connected extends Connection {
  followers: Set<Follower>;
  /** When its rights were looked at last. */
  checkedAt: number;
  isChecking: boolean;
  /** Whether something was told of its rights since the look began. */
  isDoubted: boolean;
  end(error: ApiError): void;
}

/** All subscriptions of this process: who is told what, as far as their rights hold. */
export class Hub implements Receiver {
  readonly #pool: Pool;
  readonly #counts: OpenCounts;
  readonly #clockTime: number;
  readonly #patience: number | undefined;
  readonly #turns: Turns;
  readonly #connections = new Set<Connected>();
  readonly #byTopic = new Map<string, Set<Follower>>();
  readonly #clock: NodeJS.Timeout;
  #checks: Connected[] = [];
  #checking = 0;
  #signals: Signals | undefined;

  constructor(options: {
    pool: Pool;
    counts: OpenCounts;
    rightsClock?: number | undefined;
    patience?: number | undefined;
  }) {
    this.#pool = options.pool;
    this.#counts = options.counts;
    this.#clockTime = options.rightsClock ?? RIGHTS_CLOCK;
    this.#patience = options.patience;
    const size = env.POOL_SUBSCRIPTIONS;
    this.#turns = new Turns({
      size,
      sizeOf: () => Math.ceil(size / 2),
      // each subscription waits for one turn at most
      waiting: Number.POSITIVE_INFINITY,
      waitingOf: () => Number.POSITIVE_INFINITY,
      patience: 2 ** 31 - 1,
      refusal: () => new ApiError('CQ438', 'The server is busy.'),
    });
    this.#clock = setInterval(() => this.#lookAtOld(), Math.min(1_000, this.#clockTime / 4)).unref();
  }

  set signals(signals: Signals) {
    this.#signals = signals;
  }

  /**
   * @param end  is told why the server ends the connection
   */
  connect(caller: Caller, end: (error: ApiError) => void): Connection {
    const connected: Connected = {
      caller,
      end,
      followers: new Set(),
      checkedAt: Date.now(),
      isChecking: false,
      isDoubted: false,
      close: () => {
        this.#connections.delete(connected);
        for (const follower of [...connected.followers]) follower.end();
      },
    };
    this.#connections.add(connected);
    return connected;
  }

  /**
   * Opens a subscription.
   * @param begin  called before an event is worked on
   * @throws ApiError CQ802 where nothing is heard of changes, CQ803 for too many
   */
  async open(connection: Connection, feed: Feed, begin: () => void): Promise<Follower> {
    const connected = connection as Connected;
    const { caller, followers } = connected;
    const signals = this.#signals;
    if (!signals || !(await signals.ready())) {
      const hint = 'Try again in a moment. An operator sees in the log why.';
      throw new ApiError('CQ802', 'Nothing is heard of changes in the database at the moment.', hint);
    }
    const uncount = this.#counts.open(caller.subjects);
    const follower = new Follower(feed, caller, {
      pool: this.#pool,
      begin,
      patience: this.#patience,
      turn: (): Promise<Leave> => this.#turns.enter(caller.party),
      release: () => {
        uncount();
        signals.unwatch(feed.ids);
        followers.delete(follower);
        for (const topic of feed.topics) this.#leave(topic, follower);
        subscriptionsOpen.dec({ field: feed.field });
        if (!follower.error) return;
        subscriptionsEndedTotal.inc({ code: codeOf(follower.error) });
        // what takes nothing is the connection: words to one of its subscriptions would not be taken either
        if (codeOf(follower.error) === 'CQ801') this.#end(connected, follower.error as ApiError);
      },
    });
    follower.isHeld = connected.isDoubted;
    followers.add(follower);
    for (const topic of feed.topics) {
      const others = this.#byTopic.get(topic) ?? new Set();
      this.#byTopic.set(topic, others.add(follower));
    }
    subscriptionsOpen.inc({ field: feed.field });
    await signals.watch(feed.ids);
    follower.happened();
    return follower;
  }

  #leave(topic: string, follower: Follower): void {
    const others = this.#byTopic.get(topic);
    others?.delete(follower);
    if (others?.size === 0) this.#byTopic.delete(topic);
  }

  happened(what: string): void {
    const [kind, ...ids] = what.split(' ');
    if (kind === 'rights') this.#doubt((caller) => caller.isMeant(ids[0]!));
    const id = kind === 'workspace' || kind === 'member' ? ids.pop() : undefined;
    for (const follower of this.#byTopic.get([kind, ...ids].join(' ')) ?? []) follower.happened(id);
  }

  missed(buckets?: readonly number[]): void {
    // rights may have been among what was missed: they come first
    if (!buckets) this.#doubt(() => true);
    for (const { followers } of this.#connections) {
      for (const follower of followers) {
        if (!buckets || follower.feed.ids.some((id) => buckets.includes(bucketOf(id)))) follower.happened();
      }
    }
  }

  /** Reads nothing for some until their rights are known again. */
  #doubt(isMeant: (caller: Caller) => boolean): void {
    for (const connected of this.#connections) {
      if (!isMeant(connected.caller)) continue;
      connected.isDoubted = true;
      for (const follower of connected.followers) follower.hold(true);
      this.#check(connected);
    }
  }

  #lookAtOld(): void {
    const before = Date.now() - this.#clockTime;
    for (const connected of this.#connections) if (connected.checkedAt < before) this.#check(connected);
  }

  #check(connected: Connected): void {
    if (connected.isChecking) return;
    connected.isChecking = true;
    this.#checks.push(connected);
    while (this.#checking < CHECKS_AT_ONCE && this.#checks.length > 0) void this.#checkNext();
  }

  async #checkNext(): Promise<void> {
    this.#checking += 1;
    for (let connected = this.#checks.shift(); connected; connected = this.#checks.shift()) {
      await this.#look(connected);
    }
    this.#checking -= 1;
  }

  async #look(connected: Connected): Promise<void> {
    if (!this.#connections.has(connected)) return;
    const wasDoubted = connected.isDoubted;
    connected.isDoubted = false;
    try {
      const change = await connected.caller.change();
      if (change) this.#end(connected, change);
    } catch (error) {
      log.info({ err: error }, 'The rights of a subscriber cannot be looked at');
      // until they can, it gets no more of what it was doubted for
      connected.isDoubted ||= wasDoubted;
    } finally {
      connected.checkedAt = Date.now();
      connected.isChecking = false;
    }
    if (!connected.isDoubted) for (const follower of connected.followers) follower.hold(false);
    else setTimeout(() => this.#check(connected), 250).unref();
  }

  #end(connected: Connected, error: ApiError): void {
    if (!this.#connections.delete(connected)) return;
    for (const follower of [...connected.followers]) follower.end(error);
    connected.end(error);
    connected.close();
  }

  /** Ends everything. */
  close(error: ApiError): void {
    clearInterval(this.#clock);
    for (const connected of [...this.#connections]) this.#end(connected, error);
  }
}

export function codeOf(error: Error): string {
  const extensions = 'extensions' in error ? (error.extensions as { code?: unknown }) : {};
  const code = extensions.code ?? ('code' in error ? error.code : undefined);
  return typeof code === 'string' && /^CQ\d{3}$/.test(code) ? code : 'other';
}
