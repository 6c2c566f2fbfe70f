import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { inTransaction } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { openQueue, queueIsAlive } from '../../lib/queue.ts';

/** A single job of the queue. */
export interface QueueJob {
  id: string;
  queue: string;
  state: string;
  attempts: number;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  input: unknown;
  output: unknown;
}

/** A job by its id, or those that failed, the last first. */
export async function findJobs(
  pool: Pool,
  { id, queue, most = 50 }: { id?: string | undefined; queue?: string | undefined; most?: number },
): Promise<QueueJob[]> {
  const { rows } = await pool.query<QueueJob>(
    'select * from app_hidden.queue_jobs(of_job => $1, of_queue => $2, max_jobs => $3)',
    [id ?? null, queue ?? null, most],
  );
  return rows;
}

/** @throws ColloquyError CQ637 */
export async function findJob(pool: Pool, id: string): Promise<QueueJob> {
  const [job] = await findJobs(pool, { id });
  if (job) return job;
  throw new ColloquyError('CQ637', `There is no job with the id ${id}.`, {
    hint: 'Jobs that ended are kept for an hour to a month. npm run ops -- jobs show NAME shows the runs of a job.',
  });
}

/** @throws the database’s CQ637 when no such job has a schedule, CQ638 when it is paused */
export async function sendJob(pool: Pool, queue: string): Promise<string> {
  const { rows } = await pool.query<{ id: string }>('select app_hidden.run_job(of_queue => $1) as id', [
    queue,
  ]);
  return rows[0]!.id;
}

/** @throws ColloquyError CQ639 when no worker has looked after the queue of late */
export async function demandWorker(pool: Pool): Promise<void> {
  if (await queueIsAlive(pool)) return;
  throw new ColloquyError('CQ639', 'No worker looks after the queue: the job would wait.', {
    hint: 'Start one (npm start, or npm start -- --worker-only), or send the job without --wait.',
  });
}

const ENDED = new Set(['completed', 'failed', 'cancelled']);
/** Milliseconds between two looks at a job. */
const LOOK = 300;

/**
 * Waits until a job has ended.
 * @throws ColloquyError CQ639 when it takes longer; the signal’s reason
 */
export async function waitForJob(
  pool: Pool,
  id: string,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<QueueJob> {
  const latest = Date.now() + seconds * 1000;
  for (;;) {
    const job = await findJob(pool, id);
    if (ENDED.has(job.state)) return job;
    if (Date.now() > latest) {
      throw new ColloquyError('CQ639', `The job has not ended within ${seconds} s: it is ${job.state}.`, {
        hint: `It goes on: npm run ops -- jobs show ${id}`,
      });
    }
    await delay(LOOK, undefined, { signal });
  }
}

/** Has failed jobs tried again, and takes that down. Returns how many were. */
export async function retryJobs(pool: Pool, jobs: readonly QueueJob[]): Promise<number> {
  const boss = openQueue(pool);
  let retried = 0;
  for (const [queue, of] of Map.groupBy(jobs, (job) => job.queue)) {
    const ids = of.map(({ id }) => id);
    retried += await inTransaction(pool, async (client) => {
      const db = {
        executeSql: async (text: string, values?: unknown[]) => client.query(text, values as unknown[]),
      };
      const { affected = 0 } = (await boss.retry(queue, ids, { db })) as { affected?: number };
      await client.query(`select app_hidden.note_operation('job.retried', $1)`, [
        { queue, count: affected, jobs: ids.slice(0, 100) },
      ]);
      return affected;
    });
  }
  return retried;
}
