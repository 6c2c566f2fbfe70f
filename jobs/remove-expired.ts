import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';
import { CLEANUP } from './queue-options.ts';

/** Rows of one statement, and conversations of one: what a run that is ended has to repeat. */
const BATCH = 1000;
const CONVERSATIONS = 20;

/** What ends by itself, and the function that removes it. */
const KINDS = {
  sessions: 'select app_hidden.delete_expired_sessions(max_rows => $1) as removed',
  tokens: 'select app_hidden.clear_expired_tokens(max_rows => $1) as removed',
  signIns: 'select app_hidden.delete_old_sign_ins(max_rows => $1) as removed',
  invitations: 'select app_hidden.delete_ended_invitations(max_rows => $1) as removed',
  mails: 'select app_hidden.delete_sent_mail(max_rows => $1) as removed',
  searches: 'select app_hidden.delete_search_history(max_rows => $1) as removed',
  limits: 'select app_hidden.delete_ended_rate_limits(max_rows => $1) as removed',
  webhookDeliveries: 'select app_hidden.delete_old_webhook_deliveries(max_rows => $1) as removed',
  exports: 'select app_hidden.delete_ended_exports(max_rows => $1) as removed',
  agentThreads: 'select app_hidden.delete_old_agent_threads(max_rows => $1) as removed',
  runs: 'select app_hidden.delete_old_runs(max_rows => $1) as removed',
  spending: 'select app_hidden.delete_old_spending(max_rows => $1) as removed',
};

/** Removes what has expired, in batches, until nothing is left. What a legal hold keeps stays. */
async function handle({ pool, signal }: JobContext): Promise<object> {
  const done = {
    sessions: 0,
    tokens: 0,
    signIns: 0,
    invitations: 0,
    mails: 0,
    searches: 0,
    limits: 0,
    webhookDeliveries: 0,
    exports: 0,
    agentThreads: 0,
    runs: 0,
    spending: 0,
    conversations: 0,
    messages: 0,
    passages: 0,
  };
  for (const [kind, sql] of Object.entries(KINDS) as [keyof typeof KINDS, string][]) {
    while (!signal.aborted) {
      const { rows } = await pool.query<{ removed: number }>(sql, [BATCH]);
      done[kind] += rows[0]!.removed;
      if (rows[0]!.removed === 0) break;
    }
  }
  while (!signal.aborted) {
    const { rows } = await pool.query<{ messages: number }>(
      'select messages from app_hidden.delete_expired_conversations(max_conversations => $1)',
      [CONVERSATIONS],
    );
    if (rows.length === 0) break;
    done.conversations += rows.length;
    done.messages += rows.reduce((sum, row) => sum + row.messages, 0);
  }
  while (!signal.aborted) {
    const { rows } = await pool.query<{ looked_at: number; removed: number }>(
      'select * from app_hidden.delete_uncited_passages(max_rows => $1)',
      [BATCH],
    );
    done.passages += rows[0]!.removed;
    if (rows[0]!.looked_at === 0) break;
  }
  return done;
}

export const removeExpired: JobDefinition<object> = {
  queue: {
    name: 'remove-expired',
    ...CLEANUP,
    expireInSeconds: 1800,
    schedules: { hourly: { cron: '20 * * * *' } },
  },
  payload: z.object({}),
  lookAfter: 3 * 3_600_000,
  batchSize: 1,
  handle,
};
