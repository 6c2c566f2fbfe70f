import pino from 'pino';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { JobContext, JobDefinition } from '../../jobs/job.ts';
import { runJob } from '../../jobs/worker/run-job.ts';

const lost = Object.assign(new Error('terminating connection due to administrator command'), {
  code: '57P01',
});

/** Runs a job that fails and gives the lines of the log. */
async function logOf(
  error: Error,
  definition: { retryLimit: number; isFair?: boolean },
): Promise<{ level: number; msg: string }[]> {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const failing: JobDefinition<object> = {
    queue: { name: 'some-queue', retryLimit: definition.retryLimit },
    payload: z.object({}),
    batchSize: 1,
    isFair: definition.isFair ?? false,
    handle: () => Promise.reject(error),
  };
  const context = { log, signal: new AbortController().signal } as unknown as JobContext;
  const job = { id: '1', name: 'some-queue', data: {}, expireInSeconds: 60, heartbeatSeconds: null };
  const result = await runJob(failing, job as unknown as Parameters<typeof runJob>[1], context);
  expect(result.status).toBe('failed');
  return lines;
}

it('says of a job whose database went away what becomes of its work', async () => {
  const [swept, next, again] = await Promise.all([
    logOf(lost, { retryLimit: 0, isFair: true }),
    logOf(lost, { retryLimit: 0 }),
    logOf(lost, { retryLimit: 3 }),
  ]);
  const interrupted = 'job interrupted: terminating connection due to administrator command (57P01)';
  expect([swept[0], next[0], again[0]]).toMatchObject([
    { level: 40, msg: `${interrupted}; its work is found again by the next sweep` },
    { level: 40, msg: `${interrupted}; the next one does its work` },
    { level: 40, msg: `${interrupted}; it is tried again while it has attempts left` },
  ]);
});

it('says of a job that failed for a reason of its own that it did', async () => {
  const lines = await logOf(new Error('no'), { retryLimit: 0, isFair: true });
  expect(lines).toMatchObject([{ level: 50, msg: 'job failed; its work is found again by the next sweep' }]);
});
