import type { Job, JobResult } from 'pg-boss';
import { outage } from '../../lib/connections/outage.ts';
import { describeError } from '../../lib/errors.ts';
import { jobSeconds, jobsTotal } from '../../lib/metrics.ts';
import { traced } from '../../lib/tracing.ts';
import type { JobContext, JobDefinition } from '../job.ts';
import { beginRun } from './run-record.ts';

/** What becomes of a job's work when it failed. */
function sequel({ queue, isFair }: Pick<JobDefinition<unknown>, 'queue' | 'isFair'>): string {
  if (queue.retryLimit !== 0) return 'it is tried again while it has attempts left';
  return isFair ? 'its work is found again by the next sweep' : 'the next one does its work';
}

/** Counts for the metrics what became of a job. */
function count(queue: string, outcome: string, started: number): void {
  jobsTotal.inc({ queue, outcome });
  jobSeconds.observe({ queue }, (Date.now() - started) / 1000);
}

/** Runs one job in a span of its own, in the trace of the request that put it down. */
export async function runJob<Payload>(
  definition: JobDefinition<Payload>,
  job: Job<unknown>,
  base: JobContext,
): Promise<JobResult> {
  const queue = definition.queue.name;
  const parent = (job.data as { traceparent?: unknown } | null)?.traceparent;
  const attributes = { 'messaging.destination.name': queue, 'messaging.message.id': job.id };
  return traced({ name: `job ${queue}`, kind: 'CONSUMER', attributes, parent }, async (set) => {
    const result = await run(definition, job, base);
    set({ 'colloquy.job.status': result.status });
    return result;
  });
}

/** Runs one job: checks its payload, and turns what came of it into what the queue keeps. Runs of scheduled ones are taken down. */
async function run<Payload>(
  definition: JobDefinition<Payload>,
  job: Job<unknown>,
  base: JobContext,
): Promise<JobResult> {
  const log = base.log.child({ queue: definition.queue.name, job: job.id });
  const payload = definition.payload.safeParse(job.data ?? {});
  if (!payload.success) {
    count(definition.queue.name, 'unreadable', Date.now());
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
  let record: Awaited<ReturnType<typeof beginRun>>;
  try {
    record = await beginRun({ ...base, log }, definition, job.id);
    if (record?.isRefused || record?.quarantine || record?.isUnsure) {
      const output = record.isRefused
        ? { skipped: 'another run is at work' }
        : record.quarantine
          ? { quarantine: record.quarantine }
          : {
              skipped: 'the last run is long ago, or the clock jumped: the next one deletes',
              isUnsure: true,
            };
      await record.end('skipped', output);
      return { id: job.id, status: 'completed', output };
    }
    signal.throwIfAborted();
    const output = await definition.handle({ ...base, log, signal }, payload.data);
    const outcome = 'skipped' in output ? 'skipped' : 'succeeded';
    await record?.end(signal.aborted ? 'stopped' : outcome, output);
    count(definition.queue.name, signal.aborted ? 'stopped' : outcome, started);
    log.debug({ ...output, milliseconds: Date.now() - started }, 'job done');
    return { id: job.id, status: 'completed', output };
  } catch (error) {
    count(definition.queue.name, signal.aborted ? 'stopped' : 'failed', started);
    await record?.end(signal.aborted ? 'stopped' : 'failed', {}, describeError(error));
    if (base.signal.aborted) log.debug('job given back, since this process ends');
    else if (outage.failed(error, 'jobs'))
      log.warn(`job interrupted: ${describeError(error)}; ${sequel(definition)}`);
    else log.error({ err: error }, `job failed; ${sequel(definition)}`);
    return { id: job.id, status: 'failed', output: { error: describeError(error) } };
  }
}
