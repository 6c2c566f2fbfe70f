import { z } from 'zod';
import { runErasures } from '../operations/erasure/run.ts';
import { erasureStores } from '../operations/erasure/stores.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { CLEANUP } from './queue-options.ts';

/** Milliseconds after which it makes room for other jobs, and sends itself again. */
const TIME_BUDGET = 600_000;

/** Goes on with people who leave, until nothing is left of them. What a legal hold keeps is asked for again by the next run. */
async function handle({ pool, boss, storage, signal }: JobContext): Promise<object> {
  const budget = AbortSignal.timeout(TIME_BUDGET);
  const { held, isWaiting, ...done } = await runErasures(pool, {
    storage,
    stores: await erasureStores(),
    signal: AbortSignal.any([signal, budget]),
  });
  if (budget.aborted && !signal.aborted) await boss.send('erase-account', {});
  return { ...done, held: Object.keys(held).length, isWaiting };
}

export const eraseAccount: JobDefinition<object> = {
  queue: {
    name: 'erase-account',
    ...CLEANUP,
    expireInSeconds: 1800,
    schedules: { hourly: { cron: '50 * * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  reachesOut: true,
  handle,
};
