import { setTimeout as delay } from 'node:timers/promises';
import type { Job, JobResult, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { outage } from '../../lib/connections/outage.ts';

/** Milliseconds for which the only tenant with work is not asked after others again. */
const ALONE = 1000;
/** Tenants of one round; with more, it ends early. */
const MOST_TENANTS = 500;

export interface FairLoopOptions {
  boss: PgBoss;
  queue: string;
  log: Logger;
  /** Batches at the same time. */
  concurrency: number;
  /** Jobs that are taken at once, and done one after the other. */
  batchSize: number;
  pollingIntervalSeconds: number;
  /** Whether a workspace has at most one batch at a time, so that none has all places. Default: no. */
  onePerTenant?: boolean | undefined;
  run(job: Job<unknown>): Promise<JobResult>;
  /** Whether nothing is to be taken at the moment. Default: never. */
  isPaused?: () => boolean;
  signal: AbortSignal;
}

/**
 * Takes batches of jobs in rounds: no workspace gets a second one before each that has work got its first, however many jobs the
 * others have waiting and since when. pg-boss's own group concurrency is not enough: it bounds how many jobs of a group
 * run, but serves groups in the order of their jobs, and the job of a worker that was killed keeps its group's place.
 */
class Rounds {
  readonly #served = new Set<string>();
  /** Tenants whose batch is not done yet, when none may have two. */
  readonly #busy = new Set<string>();
  #aloneUntil = 0;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #fetch: (ignoreGroups: string[]) => Promise<Job<unknown>[]>;
  readonly #onePerTenant: boolean;

  constructor(fetch: (ignoreGroups: string[]) => Promise<Job<unknown>[]>, onePerTenant: boolean) {
    this.#fetch = fetch;
    this.#onePerTenant = onePerTenant;
  }

  /** The next batch. One at a time is looked for where the next one depends on whose it is. */
  next(): Promise<Job<unknown>[]> {
    if (!this.#onePerTenant) return this.#next();
    const batch = this.#turn.then(() => this.#next());
    this.#turn = batch.catch(() => {});
    return batch;
  }

  done(batch: Job<unknown>[]): void {
    for (const { groupId } of batch) if (groupId) this.#busy.delete(groupId);
  }

  async #next(): Promise<Job<unknown>[]> {
    if (this.#served.size > 0 && Date.now() >= this.#aloneUntil) {
      const batch = await this.#fetch([...this.#served, ...this.#busy]);
      if (batch.length > 0) return this.#serve(batch);
      // all had their turn
      if (this.#served.size === 1) this.#aloneUntil = Date.now() + ALONE;
      this.#served.clear();
    }
    return this.#serve(await this.#fetch([...this.#busy]));
  }

  #serve(batch: Job<unknown>[]): Job<unknown>[] {
    if (this.#served.size >= MOST_TENANTS) this.#served.clear();
    for (const { groupId } of batch) {
      if (!groupId) continue;
      this.#served.add(groupId);
      if (this.#onePerTenant) this.#busy.add(groupId);
    }
    return batch;
  }
}

/** Jobs that ended in the same way, with the same output, are settled together. */
async function settle(boss: PgBoss, queue: string, results: readonly JobResult[]): Promise<void> {
  const groups = Map.groupBy(results, ({ status, output }) => JSON.stringify([status, output]));
  for (const group of groups.values()) {
    const ids = group.map(({ id }) => id);
    const { status, output } = group[0]!;
    if (status === 'completed') await boss.complete(queue, ids, output);
    else await boss.fail(queue, ids, output);
  }
}

/** Works on a queue whose jobs belong to workspaces, until the signal. Resolves when the last job has ended. */
export async function runFairLoop(options: FairLoopOptions): Promise<void> {
  const { boss, queue, log, concurrency, batchSize, pollingIntervalSeconds, run, signal } = options;
  const { onePerTenant = false, isPaused = () => false } = options;
  const rounds = new Rounds(async (ignoreGroups) => {
    const batch = await boss.fetch(queue, { batchSize, ignoreGroups, includeMetadata: true });
    // those that come are the first, but they come in any order
    return batch.sort((a, b) => b.priority - a.priority || Number(a.createdOn) - Number(b.createdOn));
  }, onePerTenant);

  async function step(): Promise<boolean> {
    if (isPaused()) return false;
    const batch = await rounds.next();
    const results: JobResult[] = [];
    try {
      for (const job of batch) results.push(await run(job));
    } finally {
      await settle(boss, queue, results).finally(() => rounds.done(batch));
    }
    return batch.length > 0;
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const found = await step().catch((error) => {
        if (!outage.failed(error, 'queue')) log.error({ err: error, queue }, 'the queue does not answer');
        return false;
      });
      if (!found) await delay(pollingIntervalSeconds * 1000, undefined, { signal }).catch(() => {});
    }
  }

  await Promise.all(Array.from({ length: concurrency }, loop));
}
