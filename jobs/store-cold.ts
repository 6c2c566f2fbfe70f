import { z } from 'zod';
import { checkFiles } from '../operations/cold/check.ts';
import { storeAll } from '../operations/cold/store-all.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { DAILY } from './queue-options.ts';

/** Milliseconds that a run may take; the next one goes on where this one ended. */
const TIME_BUDGET = 30 * 60_000;
/** Files whose bytes are read and hashed in a run, those first that were hashed longest ago. */
const HASHES = 200;

const payloadSchema = z.object({
  /** Milliseconds, less than usual: for a run by hand. */
  timeBudget: z.number().int().min(0).max(TIME_BUDGET).default(TIME_BUDGET),
});
type Payload = z.infer<typeof payloadSchema>;

/**
 * Compares the files of cold conversations with the storage, then puts the documents of those into files that are due, where the setting
 * cold_storage_days asks for it.
 */
async function handle({ pool, log, signal, storage }: JobContext, { timeBudget }: Payload): Promise<object> {
  const deadline = Date.now() + timeBudget;
  const isTimeUp = (): boolean => signal.aborted || Date.now() > deadline;
  const { missing, damaged, ...checks } = await checkFiles(pool, storage, { hashes: HASHES, isTimeUp });
  if (missing + damaged > 0)
    log.error({ missing, damaged }, 'files of conversations are missing or damaged: docs/lifecycle.md');
  const { waiting, problems, ...done } = await storeAll(
    pool,
    storage,
    {},
    {
      isTimeUp,
      onProblem: (conversation, problem) => log.error({ conversation, problem }, 'conversation not stored'),
    },
  );
  return {
    ...checks,
    missing,
    damaged,
    ...done,
    waiting: waiting.length,
    problems: problems.map(({ conversationId }) => conversationId),
  };
}

export const storeCold: JobDefinition<Payload> = {
  queue: {
    name: 'store-cold',
    policy: 'short',
    ...DAILY,
    schedules: { daily: { cron: '40 2 * * *' } },
  },
  payload: payloadSchema,
  batchSize: 1,
  reachesOut: true,
  handle,
};
