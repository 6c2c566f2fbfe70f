import type { Pool, PoolClient } from 'pg';
import { isPooled } from '../../lib/database/login.ts';
import { log } from '../../lib/log.ts';
import { listening } from '../../lib/metrics.ts';

const CHANNEL = 'colloquy_live';
/** The locks of app_private.is_watched. */
const LOCK_CLASS = 8020;
/** Milliseconds after which a lock is tried again, and whether those have ended that wrote before it was there. */
const LOCK_RETRY = 50;
/** Milliseconds that a subscription waits for the connection on which changes are heard of. */
const READY_PATIENCE = 5_000;
/** Milliseconds that a subscription waits for others to end before it begins. */
const WATCH_PATIENCE = 500;
/** Milliseconds between two signs of life; what is no longer watched is let go then. */
const PULSE = 5_000;
/** Milliseconds before a connection that was lost is made anew. */
const PAUSES = [100, 250, 500, 1_000, 2_000];
/** Milliseconds before it is looked whether a connection is direct now. */
const POOLED_PAUSE = 30_000;

/** Who is told what changed. */
export interface Receiver {
  /** What the triggers of functions/live/ tell: a kind, and ids. */
  happened(what: string): void;
  /** Anything may have happened until now, to everybody, or to what is in these buckets. */
  missed(buckets?: readonly number[]): void;
}

/** The way on which changes are heard of. */
export interface Signals {
  /** Begins to listen, with the first who wants to know. @returns whether changes are heard of now, within some seconds */
  ready(): Promise<boolean>;
  /**
   * Has changes of these things told from now on, each as often as it is asked for. What is read after the promise misses nothing;
   * what was missed before is said in any case.
   */
  watch(ids: readonly string[]): Promise<void>;
  unwatch(ids: readonly string[]): void;
  close(): Promise<void>;
}

/** The bucket of an id: its last byte, as in app_private.is_watched. */
export const bucketOf = (id: string): number => Number.parseInt(id.slice(-2), 16);

/** Of the embedded database: everything is told, in this process. */
export async function embeddedSignals(
  hear: (channel: string, told: (payload: string) => void) => Promise<() => void>,
  receiver: Receiver,
): Promise<Signals> {
  const end = await hear(CHANNEL, (what) => receiver.happened(what));
  listening.set(1);
  return {
    ready: async () => true,
    watch: async () => {},
    unwatch: () => {},
    async close() {
      end();
      listening.set(0);
    },
  };
}

/** Of a server: one connection that listens, and holds the locks of what is watched; made anew as often as it is lost. */
export class ServerSignals implements Signals {
  readonly #pool: Pool;
  readonly #receiver: Receiver;
  /** How often each bucket is watched. */
  readonly #wanted = new Map<number, number>();
  readonly #held = new Set<number>();
  /** Those of which nothing is missed any more. */
  readonly #sure = new Set<number>();
  readonly #waiting = new Set<{ buckets: number[]; resolve: () => void }>();
  readonly #ending = new AbortController();
  #run: Promise<void> | undefined;
  #client: PoolClient | undefined;
  #isTaking = false;
  /** Kept when it is listened, or cannot be. */
  #settled = Promise.withResolvers<void>();

  constructor(pool: Pool, receiver: Receiver) {
    this.#pool = pool;
    this.#receiver = receiver;
  }

  async ready(): Promise<boolean> {
    if (this.#ending.signal.aborted) return false;
    this.#run ??= this.#keepListening();
    if (!this.#client) await Promise.race([this.#settled.promise, this.#pause(READY_PATIENCE)]);
    return this.#client !== undefined;
  }

  async watch(ids: readonly string[]): Promise<void> {
    const buckets = ids.map(bucketOf);
    for (const bucket of buckets) this.#wanted.set(bucket, (this.#wanted.get(bucket) ?? 0) + 1);
    if (buckets.every((bucket) => this.#sure.has(bucket))) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = { buckets, resolve };
    this.#waiting.add(waiting);
    void this.#take();
    // a writer that goes on for long is waited for by nobody
    await Promise.race([promise, this.#pause(WATCH_PATIENCE)]);
    this.#waiting.delete(waiting);
  }

  unwatch(ids: readonly string[]): void {
    for (const bucket of ids.map(bucketOf)) {
      const left = (this.#wanted.get(bucket) ?? 1) - 1;
      if (left > 0) this.#wanted.set(bucket, left);
      else this.#wanted.delete(bucket);
    }
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#run;
  }

  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#ending;
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }

  async #keepListening(): Promise<void> {
    for (let failures = 0; !this.#ending.signal.aborted; failures += 1) {
      const client = await this.#pool.connect().catch(() => undefined);
      if (client && isPooled(client)) {
        client.release(true);
        this.#settled.resolve();
        const hint = 'Set LISTEN_DATABASE_URL to the login of colloquy_authenticator on PostgreSQL itself.';
        log.warn(`A pooler stands before the database: subscriptions are refused. ${hint}`);
        await this.#pause(POOLED_PAUSE);
      } else if (client) {
        const began = Date.now();
        await this.#listen(client);
        if (Date.now() - began > PULSE) failures = 0;
      }
      await this.#pause(PAUSES[Math.min(failures, PAUSES.length - 1)]!);
    }
  }

  /** Until the connection is lost, or the end. */
  async #listen(client: PoolClient): Promise<void> {
    let isLost = false;
    const lost = new Promise<void>((resolve) => {
      const lose = () => {
        isLost = true;
        resolve();
      };
      client.on('error', lose).on('end', lose);
    });
    client.on('notification', ({ payload }) => payload !== undefined && this.#receiver.happened(payload));
    try {
      await client.query(`listen ${CHANNEL}`);
      this.#client = client;
      this.#settled.resolve();
      listening.set(1);
      this.#receiver.missed();
      await this.#take();
      const { signal } = this.#ending;
      while (!signal.aborted && !isLost) {
        await Promise.race([this.#pause(PULSE), lost]);
        if (!isLost && !signal.aborted) await this.#letGo(client);
      }
    } catch (error) {
      log.info({ err: error }, 'The connection on which changes are heard of is lost');
    } finally {
      this.#client = undefined;
      this.#settled = Promise.withResolvers();
      listening.set(0);
      this.#held.clear();
      this.#sure.clear();
      client.release(true);
    }
  }

  /** Takes the locks of what is watched and not held. One that a writer tries at the same moment is tried again. */
  async #take(): Promise<void> {
    if (this.#isTaking) return;
    this.#isTaking = true;
    try {
      for (;;) {
        const client = this.#client;
        const missing = [...this.#wanted.keys()].filter((bucket) => !this.#held.has(bucket));
        if (!client || missing.length === 0) return;
        const { rows } = await client.query<{ bucket: number; got: boolean }>(
          'select b as bucket, pg_catalog.pg_try_advisory_lock_shared($1, b) as got from pg_catalog.unnest($2::int[]) as b',
          [LOCK_CLASS, missing],
        );
        if (client !== this.#client) continue;
        const taken = rows.filter(({ got }) => got).map(({ bucket }) => bucket);
        for (const bucket of taken) this.#held.add(bucket);
        if (taken.length > 0) void this.#settle(client, taken);
        if (taken.length < missing.length) await this.#pause(LOCK_RETRY);
        if (this.#ending.signal.aborted) return;
      }
    } catch {
      // the connection is lost, and the next one takes them
    } finally {
      this.#isTaking = false;
    }
  }

  /** Waits for the end of all who wrote before the locks were there, and did not see them; what they did is read then. */
  async #settle(client: PoolClient, buckets: number[]): Promise<void> {
    try {
      const { rows } = await client.query<{ next: string }>(
        // the end of a snapshot says what has ended, and not what has begun
        'select pg_catalog.pg_current_xact_id()::text as next',
      );
      for (;;) {
        const ended = await client.query<{ all: boolean }>(
          'select pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()) >= $1::text::xid8 as all',
          [rows[0]!.next],
        );
        if (client !== this.#client || this.#ending.signal.aborted) return;
        if (ended.rows[0]!.all) break;
        await this.#pause(LOCK_RETRY);
      }
    } catch {
      return;
    }
    for (const bucket of buckets) if (this.#held.has(bucket)) this.#sure.add(bucket);
    this.#receiver.missed(buckets);
    for (const { buckets: waited, resolve } of this.#waiting) {
      if (waited.every((bucket) => this.#sure.has(bucket))) resolve();
    }
  }

  async #letGo(client: PoolClient): Promise<void> {
    const surplus = [...this.#held].filter((bucket) => !this.#wanted.has(bucket));
    for (const bucket of surplus) {
      this.#held.delete(bucket);
      this.#sure.delete(bucket);
    }
    await client.query(
      'select pg_catalog.pg_advisory_unlock_shared($1, b) from pg_catalog.unnest($2::int[]) as b',
      [LOCK_CLASS, surplus],
    );
    // one that was asked for meanwhile
    await this.#take();
  }
}
