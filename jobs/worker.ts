import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Job, JobResult, PgBoss } from 'pg-boss';
import { chunkByActiveMethod } from '../chunking/chunk-by-active-method.ts';
import type { Database } from '../lib/database.ts';
import { type Env, env as ownEnv } from '../lib/env.ts';
import { log as rootLog } from '../lib/log.ts';
import { openStorage } from '../lib/open-storage.ts';
import { openQueue } from '../lib/queue.ts';
import type { FileStorage } from '../lib/storage.ts';
import type { Mailer } from '../mail/mailer.ts';
import { contradiction } from '../models/chosen.ts';
import { activeModel } from '../models/model.ts';
import { openProvider as openNamedProvider, type ProviderOptions } from '../models/open-provider.ts';
import type { EmbeddingProvider, ProviderVersion } from '../models/provider.ts';
import { openGuards } from '../models/remote/guard.ts';
import { tablePause } from '../models/remote/pause.ts';
import { tableRate } from '../models/remote/rate.ts';
import { openSummariser } from '../models/summary/open-summariser.ts';
import type { Summariser } from '../models/summary/summariser.ts';
import { type ExtractOptions, openExtractor } from '../reading/extract.ts';
import type { SendOptions } from '../webhooks/send.ts';
import { backup } from './backup.ts';
import { computeAnalytics } from './compute-analytics.ts';
import { deliverMail } from './deliver-mail.ts';
import { embedChunks } from './embed-chunks.ts';
import { ensurePartitions } from './ensure-partitions.ts';
import { exportWorkspaceJob } from './export-workspace.ts';
import { indexSource } from './index-source.ts';
import type { JobContext, OpenBackups } from './job.ts';
import { jobs } from './registry.ts';
import { sweepUnindexed } from './sweep-unindexed.ts';
import { sweepUningested } from './sweep-uningested.ts';
import { runFairLoop } from './worker/fair-loop.ts';
import { readOrders } from './worker/orders.ts';
import { progressLog } from './worker/progress-log.ts';
import { runJob } from './worker/run-job.ts';

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
  /** Delivers mail. null: nothing can, and what needs mail is refused. Absent: what is to be sent waits for another worker. */
  mailer?: Mailer | null;
  /** How backups are taken on a schedule. Absent: by no job of this worker. */
  backups?: OpenBackups | undefined;
  /** Reads every row of a workspace. Absent: this worker makes no archives of workspaces. */
  exports?: Pick<Database, 'pool'> | undefined;
  /** Where webhooks may be delivered to. Default: to public addresses, and WEBHOOK_ALLOWED_NETWORKS. */
  webhooks?: SendOptions;
  /** Where the bytes of files are. Default: in DATA_DIR. */
  storage?: FileStorage;
  /** Bounds of the reading of a file. */
  extraction?: ExtractOptions;
  /** Names of the queues to work on, when not on all: of a command that needs no more, and has neither mail nor files. */
  only?: readonly string[];
  /** What this process declares. Default: COLLOQUY_ENVIRONMENT. */
  environment?: string | undefined;
  /** Milliseconds between two looks at which jobs are paused. Default: 3,000. */
  ordersInterval?: number;
  /** Addresses and keys of providers, and what stands before them. Default: of this process, shared by all workers. */
  providers?: ProviderOptions;
}

/** Milliseconds that jobs have to reach a safe place when the process wants to end. */
const STOP_TIMEOUT = 15_000;

const NO_MAIL =
  'No mail can be delivered: MAIL_URL is not set. What needs mail is refused (CQ152); docs/mail.md says more.';

const indexing = new Set([indexSource.queue.name, embedChunks.queue.name]);

/** Says so when the settings choose another provider than the active version has. */
async function warnOfContradiction(pool: Pool, env: Env | undefined): Promise<void> {
  const active = await activeModel(pool);
  const warning = active && contradiction(active, env);
  if (warning) rootLog.warn(warning);
}

/** Starts working on every queue of the registry. Many workers may run, in one process or on many machines. */
export async function startWorker({
  pool,
  concurrency = 1,
  pollingIntervalSeconds = 1,
  openProvider = openNamedProvider,
  mailer,
  backups,
  exports,
  webhooks = { networks: ownEnv.WEBHOOK_ALLOWED_NETWORKS },
  storage = openStorage(ownEnv.DATA_DIR),
  extraction,
  only,
  environment = ownEnv.COLLOQUY_ENVIRONMENT,
  ordersInterval,
  providers: givenOptions = {},
}: WorkerOptions): Promise<Worker> {
  const providerOptions = {
    guards: openGuards(tablePause(pool, environment), {}, tableRate(pool)),
    ...givenOptions,
  };
  await warnOfContradiction(pool, providerOptions.env);
  if (mailer !== undefined) {
    await pool.query('select app_hidden.report_mail(can_deliver => $1)', [mailer !== null]);
    if (mailer === null) rootLog.warn(NO_MAIL);
  }
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
  let open: Summariser | null | undefined;
  const context: JobContext = {
    pool,
    boss,
    log: rootLog,
    environment,
    provider,
    chunk: chunkByActiveMethod(pool),
    mailer: mailer ?? undefined,
    backups,
    exports,
    webhooks,
    storage,
    extractor,
    summariser: () => (open ??= openSummariser(providerOptions)),
    signal: ending.signal,
  };
  const progress = progressLog(pool, ending.signal);
  const loops: Promise<void>[] = [];
  /** How the queues that pg-boss looks at are begun, and begun again after a pause. */
  const beginnings = new Map<string, () => Promise<unknown>>();
  const orders = await readOrders({
    pool,
    environment,
    signal: ending.signal,
    ...(ordersInterval === undefined ? {} : { interval: ordersInterval }),
  });
  for (const definition of jobs) {
    const { name } = definition.queue;
    if (only && !only.includes(name)) continue;
    if (definition === deliverMail && !mailer) continue;
    if (definition === exportWorkspaceJob && !exports) continue;
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
          concurrency: definition.places ?? concurrency,
          onePerTenant: definition.places !== undefined,
          batchSize: definition.batchSize,
          pollingIntervalSeconds,
          run,
          isPaused: () => orders.isPaused(name),
          signal,
        }),
      );
      continue;
    }
    const begin = () =>
      boss.work(
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
    beginnings.set(name, begin);
    if (!orders.isPaused(name)) await begin();
  }
  loops.push(
    orders.follow(async (queue, isPaused) => {
      rootLog.info({ queue }, isPaused ? 'The job is paused' : 'The job is resumed');
      if (isPaused) await boss.offWork(queue, { wait: false });
      else await beginnings.get(queue)?.();
    }),
  );
  // what a former worker left, and what became due while none ran
  await boss.send(sweepUnindexed.queue.name, {});
  await boss.send(sweepUningested.queue.name, {});
  await boss.send(ensurePartitions.queue.name, {});
  await boss.send(computeAnalytics.queue.name, {});
  if (backups) await boss.send(backup.queue.name, {});
  return {
    boss,
    async stop() {
      ending.abort(new Error('this process ends'));
      await Promise.race([Promise.all(loops), delay(STOP_TIMEOUT, undefined, { ref: false })]);
      await boss.stop({ graceful: true, timeout: STOP_TIMEOUT });
      await Promise.all(
        [...providers.values(), extractor, ...(open ? [open] : []), ...(mailer ? [mailer] : [])].map((one) =>
          one.close(),
        ),
      );
    },
  };
}
