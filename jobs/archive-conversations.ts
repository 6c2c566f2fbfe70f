import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';
import { DAILY } from './queue-options.ts';

/** Milliseconds that a run may take; the next one goes on where this one ended. */
const TIME_BUDGET = 30 * 60_000;

const payloadSchema = z.object({
  /** Milliseconds, less than usual: for a run by hand. */
  timeBudget: z.number().int().min(0).max(TIME_BUDGET).default(TIME_BUDGET),
});
type Payload = z.infer<typeof payloadSchema>;

interface Step {
  conversation_id: string;
  messages: number;
  problem: string | null;
}

/** One conversation a transaction: what was done stays done, whenever the worker ends. */
const STEPS = {
  packed: 'select * from app_hidden.archive_old_conversations(max_conversations => 1, after_id => $1)',
  cooled: 'select * from app_hidden.compress_old_conversations(max_conversations => 1, after_id => $1)',
};

/** Packs the conversations that rest, and makes cold what rests longer. */
async function handle({ pool, log, signal }: JobContext, { timeBudget }: Payload): Promise<object> {
  const deadline = Date.now() + timeBudget;
  const result = { packed: 0, messages: 0, cooled: 0, problems: [] as string[], isDone: true };
  for (const [kind, step] of Object.entries(STEPS) as [keyof typeof STEPS, string][]) {
    let after: string | null = null;
    for (;;) {
      if (signal.aborted || Date.now() > deadline) return { ...result, isDone: false };
      const found: { rows: Step[] } = await pool.query<Step>(step, [after]);
      const done = found.rows[0];
      if (!done) break;
      after = done.conversation_id;
      if (done.problem) {
        result.problems.push(after);
        log.error({ conversation: after, problem: done.problem }, `conversation not ${kind}`);
      } else {
        result[kind] += 1;
        if (kind === 'packed') result.messages += done.messages;
      }
    }
  }
  return result;
}

export const archiveConversations: JobDefinition<Payload> = {
  queue: {
    name: 'archive-conversations',
    policy: 'short',
    ...DAILY,
    schedules: { daily: { cron: '0 2 * * *' } },
  },
  payload: payloadSchema,
  batchSize: 1,
  handle,
};
