import { z } from 'zod';
import { describeError } from '../lib/errors.ts';
import { ProviderError } from '../models/error.ts';
import { embedTaken, takeChunks } from './indexing/embed-taken.ts';
import { activeVersion, countIndexed, RETRY_PRIORITY, type Version } from './indexing/source.ts';
import type { JobContext, JobDefinition, Singleton } from './job.ts';

/** Passages taken at a time, of whatever sources: what a killed worker has to compute again. */
const BATCH = 64;
/** Batches of one job, and milliseconds that it may take: a new one does the rest, behind those of other workspaces. */
const MOST_BATCHES = 4;
const TIME_BUDGET = 30_000;
/** Seconds that a job waits for its provider or a passage, at most: after a longer pause the sweep finds its work. */
const LONGEST_WAIT = 30;

const payload = z.object({ workspaceId: z.uuid() });
type Payload = z.infer<typeof payload>;

/** What it has come to in one job. */
interface Done {
  embedded: number;
  tokens: number;
  costUsd: number;
  /** Passages that failed: each is tried again later by itself, or was given up. */
  refused: number;
  continued: boolean;
  /** Why the last of them failed, or why all of them wait. */
  reason?: string;
  /** The code of the budget, quota or switch that holds the rest back. */
  paused?: string;
  /** Seconds for which the provider is left alone. */
  waits?: number;
}

/** One job of a workspace waits to be done at once. */
export function singletonOfEmbedding({ workspaceId }: Payload): Singleton {
  return { singletonKey: workspaceId, group: { id: workspaceId } };
}

/** And one to be done later, which must not hold up what comes in meanwhile. */
async function sendLater({ boss }: JobContext, job: Payload, seconds: number): Promise<void> {
  await boss.send(embedChunks.queue.name, job, {
    singletonKey: `${job.workspaceId} later`,
    group: { id: job.workspaceId },
    startAfter: Math.ceil(seconds),
    priority: RETRY_PRIORITY,
  });
}

/** Returns whether there may be more. */
async function embedNext(context: JobContext, job: Payload, version: Version, done: Done): Promise<boolean> {
  const { workspaceId } = job;
  const began = performance.now();
  const taken = await takeChunks(context, version, workspaceId, BATCH);
  if (taken.length === 0) return false;
  // idle workers help
  if (taken.length === BATCH) await context.boss.send(embedChunks.queue.name, job, singletonOfEmbedding(job));
  const batch = await embedTaken(context, version, workspaceId, taken);
  if (batch.embedded > 0) await countIndexed(context.pool, workspaceId, began, { vectors: batch.embedded });
  done.embedded += batch.embedded;
  done.tokens += batch.tokens;
  done.costUsd += batch.costUsd;
  done.refused += batch.refused;
  if (batch.reason) done.reason = batch.reason;
  if (batch.paused) done.paused = batch.paused;
  return !batch.paused;
}

async function handle(context: JobContext, job: Payload): Promise<Done | { skipped: string }> {
  const { pool, boss, log, signal } = context;
  const deadline = Date.now() + TIME_BUDGET;
  const version = await activeVersion(pool);
  if (!version) return { skipped: 'no embedding version is active' };
  const done: Done = { embedded: 0, tokens: 0, costUsd: 0, refused: 0, continued: false };
  for (let batches = 0; ; batches += 1) {
    if (signal.aborted || Date.now() > deadline || batches >= MOST_BATCHES) {
      await boss.send(embedChunks.queue.name, job, singletonOfEmbedding(job));
      return { ...done, continued: true };
    }
    try {
      if (!(await embedNext(context, job, version, done))) break;
    } catch (error) {
      const waits = error instanceof ProviderError ? error.retryAfter : undefined;
      if (waits === undefined) throw error;
      // not a failure of this job: it waits without using up its attempts
      log.warn({ seconds: waits, reason: describeError(error) }, 'embedding waits for the provider');
      if (waits > LONGEST_WAIT) return { ...done, waits };
      await sendLater(context, job, waits);
      return { ...done, continued: true, waits };
    }
  }
  // what is due soon need not wait for the sweep
  const { rows } = await pool.query<{ due: number | null }>(
    'select app_hidden.backlog_due_in(for_version => $1, for_workspace => $2) as due',
    [version.id, job.workspaceId],
  );
  const { due } = rows[0]!;
  if (due !== null && due > 0 && due <= LONGEST_WAIT) await sendLater(context, job, due);
  if (done.refused > 0 || done.paused)
    log.warn({ workspace: job.workspaceId, ...done }, 'passages could not be embedded');
  return done;
}

/** Gives the passages of a workspace their vectors: what was asked for first, then what is new. */
export const embedChunks: JobDefinition<Payload> = {
  queue: {
    name: 'embed-chunks',
    policy: 'short',
    // the sweep is what tries again
    retryLimit: 0,
    expireInSeconds: 900,
    deleteAfterSeconds: 3600,
  },
  payload,
  batchSize: 1,
  isFair: true,
  handle,
};
