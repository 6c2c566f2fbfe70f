import type { Job, JobResult } from 'pg-boss';
import { describeError } from '../../lib/errors.ts';
import type { JobContext, JobDefinition } from '../job.ts';

/** Runs one job: checks its payload, and turns what came of it into what the queue keeps. */
export async function runJob<Payload>(
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
