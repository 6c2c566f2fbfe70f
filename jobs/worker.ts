import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Job, JobResult, PgBoss } from 'pg-boss';
import { chunkByActiveMethod } from '../chunking/chunk-by-active-method.ts';
import { type Env, env as ownEnv } from '../lib/env.ts';
import { describeError } from '../lib/errors.ts';
import { log as rootLog } from '../lib/log.ts';
import { logMailer, type Mailer } from '../lib/mailer.ts';
import { openQueue } from '../lib/queue.ts';
import { type FileStorage, filesFolder, localStorage } from '../lib/storage.ts';
import { contradiction } from '../models/chosen.ts';
import { type EmbeddingModel, MODEL_COLUMNS } from '../models/model.ts';
import { openProvider as openNamedProvider, type ProviderOptions } from '../models/open-provider.ts';
import type { EmbeddingProvider, ProviderVersion } from '../models/provider.ts';
import { openGuards } from '../models/remote/guard.ts';
import { tablePause } from '../models/remote/pause.ts';
import { tableRate } from '../models/remote/rate.ts';
import { openSummariser } from '../models/summary/open-summariser.ts';
import type { Summariser } from '../models/summary/summariser.ts';
import { type ExtractOptions, openExtractor } from '../reading/extract.ts';
import { computeAnalytics } from './compute-analytics.ts';
import { embedChunks } from './embed-chunks.ts';
import { ensurePartitions } from './ensure-partitions.ts';
import { indexSource } from './index-source.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { jobs } from './registry.ts';
import { sweepUnindexed } from './sweep-unindexed.ts';
import { sweepUningested } from './sweep-uningested.ts';
import { runFairLoop } from './worker/fair-loop.ts';

export interface Worker {
  boss: PgBoss;
  /** Lets running jobs reach a safe place, gives waiting ones back, and ends. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  /** Acts as colloquy_worker. */
  pool: Pool;
  /** Workers per queue in this process. Default: 1. */
  concurrency?: number;
  /** Seconds between two looks at an idle queue. Default: 1. */
  pollingIntervalSeconds?: number;
  /** Opens the provider of an embedding version. Default: the one that it names. */
  openProvider?: (version: ProviderVersion, options: ProviderOptions) => EmbeddingProvider;
  /** Delivers mail. Default: into the log. */
  mailer?: Mailer;
  /** Where the bytes of files are. Default: in DATA_DIR. */
  storage?: FileStorage;
  /** Bounds of the reading of a file. */
  extraction?: ExtractOptions;
  /** Names of the queues to work on, when not on all: of a command that needs no more, and has neither mail nor files. */
  only?: readonly string[];
  /** Addresses and keys of providers, and what stands before them. Default: of this process, shared by all workers. */
  providers?: ProviderOptions;
}

/** Milliseconds that jobs have to reach a safe place when the process wants to end. */
const STOP_TIMEOUT = 15_000;
/** Milliseconds between two lines of progress in the log while there is work. */
const PROGRESS_INTERVAL = 5_000;

const indexing = new Set([indexSource.queue.name, embedChunks.queue.name]);

/** Counts what jobs did and says so every few seconds, as long as there is something to say. */
function progressLog(pool: Pool, signal: AbortSignal): (queue: string, output: object) => void {
  const done = { sources: 0, chunks: 0, embedded: 0 };
  // the queue's own statistics are up to a minute old
  const countWaiting = async (): Promise<number> => {
    const { rows } = await pool.query(
      `select count(*)::int as waiting from pgboss.job where name = $1 and state < 'active'`,
      [indexSource.queue.name],
    );
    return rows[0].waiting;
  };
  let speaking = false;
  const speak = async (): Promise<void> => {
    await delay(PROGRESS_INTERVAL, undefined, { signal, ref: false }).catch(() => {});
    const waiting = await countWaiting().catch(() => undefined);
    rootLog.info({ ...done, waiting }, 'indexed');
    Object.assign(done, { sources: 0, chunks: 0, embedded: 0 });
    speaking = false;
  };
  return (queue, output) => {
    done.sources += queue === indexSource.queue.name ? 1 : 0;
    done.chunks += 'chunks' in output ? Number(output.chunks) : 0;
    done.embedded += 'embedded' in output ? Number(output.embedded) : 0;
    if (speaking || signal.aborted) return;
    speaking = true;
    void speak();
  };
}

/** Says so when the settings choose another provider than the active version has. */
async function warnOfContradiction(pool: Pool, env: Env | undefined): Promise<void> {
  const { rows } = await pool.query<EmbeddingModel>(
    `select ${MODEL_COLUMNS} from app_public.embedding_versions where status = 'active'`,
  );
  const warning = rows[0] && contradiction(rows[0], env);
  if (warning) rootLog.warn(warning);
}

async function runJob<Payload>(
  definition: JobDefinition<Payload>,
  job: Job<unknown>,
  base: JobContext,
): Promise<JobResult> {
  const log = base.log.child({ queue: definition.queue.name, job: job.id });
  const payload = definition.payload.safeParse(job.data ?? {});
  if (!payload.success) {
    log.error(
      { issues: payload.error.issues },
      'the job has a payload that cannot be read; it is not tried again',
    );
    return {
      id: job.id,
      status: 'deadletter',
      output: { error: 'malformed payload', issues: payload.error.issues },
    };
  }
  const started = Date.now();
  // also when it took too long, or counts as left
  const signal = job.signal ? AbortSignal.any([base.signal, job.signal]) : base.signal;
  try {
    const output = await definition.handle({ ...base, log, signal }, payload.data);
    log.debug({ ...output, milliseconds: Date.now() - started }, 'job done');
    return { id: job.id, status: 'completed', output };
  } catch (error) {
    if (base.signal.aborted) log.debug('job given back, since this process ends');
    else log.error({ err: error }, 'job failed; it is tried again while it has attempts left');
    return { id: job.id, status: 'failed', output: { error: describeError(error) } };
  }
}

/** Starts working on every queue of the registry. Many workers may run, in one process or on many machines. */
export async function startWorker({
  pool,
  concurrency = 1,
  pollingIntervalSeconds = 1,
  openProvider = openNamedProvider,
  mailer = logMailer(rootLog),
  storage = localStorage(filesFolder(ownEnv.DATA_DIR)),
  extraction,
  only,
  providers: givenOptions = {},
}: WorkerOptions): Promise<Worker> {
  const providerOptions = { guards: openGuards(tablePause(pool), {}, tableRate(pool)), ...givenOptions };
  await warnOfContradiction(pool, providerOptions.env);
  const boss = openQueue(pool, { supervise: true, schedule: true });
  await boss.start();
  const ending = new AbortController();
  const providers = new Map<string, EmbeddingProvider>();
  const provider = (version: ProviderVersion): EmbeddingProvider => {
    const key = `${version.provider} ${version.model} ${version.dimensions} ${version.native_dimensions ?? ''}`;
    const open = providers.get(key) ?? openProvider(version, providerOptions);
    providers.set(key, open);
    return open;
  };
  const extractor = openExtractor(extraction);
  let open: Summariser | undefined;
  const context: JobContext = {
    pool,
    boss,
    log: rootLog,
    provider,
    chunk: chunkByActiveMethod(pool),
    mailer,
    storage,
    extractor,
    summariser: () => (open ??= openSummariser(providerOptions)),
    signal: ending.signal,
  };
  const progress = progressLog(pool, ending.signal);
  const loops: Promise<void>[] = [];
  for (const definition of jobs) {
    const { name } = definition.queue;
    if (only && !only.includes(name)) continue;
    const run = async (job: Job<unknown>): Promise<JobResult> => {
      const result = await runJob(definition, job, context);
      if (indexing.has(name) && result.status === 'completed') progress(name, result.output);
      return result;
    };
    if (definition.isFair) {
      const { signal } = ending;
      loops.push(
        runFairLoop({
          boss,
          queue: name,
          log: rootLog,
          concurrency,
          batchSize: definition.batchSize,
          pollingIntervalSeconds,
          run,
          signal,
        }),
      );
      continue;
    }
    await boss.work(
      name,
      {
        batchSize: definition.batchSize,
        pollingIntervalSeconds,
        perJobResults: true,
      },
      async (batch: Job<unknown>[]) => {
        const results: JobResult[] = [];
        for (const job of batch) results.push(await run(job));
        return results;
      },
    );
  }
  // what was left by whoever worked before, and what a long rest has made due
  await boss.send(sweepUnindexed.queue.name, {});
  await boss.send(sweepUningested.queue.name, {});
  await boss.send(ensurePartitions.queue.name, {});
  await boss.send(computeAnalytics.queue.name, {});
  return {
    boss,
    async stop() {
      ending.abort(new Error('this process ends'));
      await Promise.race([Promise.all(loops), delay(STOP_TIMEOUT, undefined, { ref: false })]);
      await boss.stop({ graceful: true, timeout: STOP_TIMEOUT });
      await Promise.all(
        [...providers.values(), extractor, ...(open ? [open] : [])].map((one) => one.close()),
      );
    },
  };
}
