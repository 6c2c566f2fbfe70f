import { setTimeout as delay } from 'node:timers/promises';
import type { Job, JobResult, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';

/** Milliseconds for which the only tenant with work is not asked after others again. */
const ALONE = 1000;
/** Tenants of one round; with more, it ends early. */
const MOST_TENANTS = 500;

export interface FairLoopOptions {
  boss: PgBoss;
  queue: string;
  log: Logger;
  /** Jobs at the same time. */
  concurrency: number;
  pollingIntervalSeconds: number;
  run(job: Job<unknown>): Promise<JobResult>;
  signal: AbortSignal;
}

/**
 * Takes jobs in rounds: no workspace gets a second one before each that has work got its first, however many jobs the
 * others have waiting and since when. pg-boss's own group concurrency is not enough: it bounds how many jobs of a group
 * run, but serves groups in the order of their jobs, and the job of a worker that was killed keeps its group's place.
 */
class Rounds {
  readonly #served = new Set<string>();
  #aloneUntil = 0;
  readonly #fetch: (ignoreGroups: string[]) => Promise<Job<unknown> | undefined>;

  constructor(fetch: (ignoreGroups: string[]) => Promise<Job<unknown> | undefined>) {
    this.#fetch = fetch;
  }

  async next(): Promise<Job<unknown> | undefined> {
    if (this.#served.size > 0 && Date.now() >= this.#aloneUntil) {
      const job = await this.#fetch([...this.#served]);
      if (job) return this.#serve(job);
      // all had their turn
      if (this.#served.size === 1) this.#aloneUntil = Date.now() + ALONE;
      this.#served.clear();
    }
    const job = await this.#fetch([]);
    return job && this.#serve(job);
  }

  #serve(job: Job<unknown>): Job<unknown> {
    if (this.#served.size >= MOST_TENANTS) this.#served.clear();
    if (job.groupId) this.#served.add(job.groupId);
    return job;
  }
}

/** Works on a queue whose jobs belong to workspaces, until the signal. Resolves when the last job has ended. */
export async function runFairLoop(options: FairLoopOptions): Promise<void> {
  const { boss, queue, log, concurrency, pollingIntervalSeconds, run, signal } = options;
  const rounds = new Rounds(async (ignoreGroups) => (await boss.fetch(queue, { ignoreGroups }))[0]);

  async function step(): Promise<boolean> {
    const job = await rounds.next();
    if (!job) return false;
    const result = await run(job);
    if (result.status === 'completed') await boss.complete(queue, job.id, result.output);
    else await boss.fail(queue, job.id, result.output);
    return true;
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const found = await step().catch((error) => {
        log.error({ err: error, queue }, 'the queue does not answer');
        return false;
      });
      if (!found) await delay(pollingIntervalSeconds * 1000, undefined, { signal }).catch(() => {});
    }
  }

  await Promise.all(Array.from({ length: concurrency }, loop));
}
