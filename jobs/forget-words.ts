import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';
import { CLEANUP } from './queue-options.ts';

/** Words that one statement looks up among the passages of their workspace. */
const BATCH = 2000;

/** Drops the words that no passage of their workspace has any more: what was deleted leaves no word behind. */
async function handle({ pool, signal }: JobContext): Promise<object> {
  const done = { checked: 0, forgotten: 0 };
  let last: [string | null, string | null] = [null, null];
  while (!signal.aborted) {
    const { rows } = await pool.query(
      'select * from app_hidden.forget_words(max_words => $1, after_workspace => $2, after_word => $3)',
      [BATCH, ...last],
    );
    if (rows[0].checked === 0) break;
    done.checked += rows[0].checked;
    done.forgotten += rows[0].forgotten;
    last = [rows[0].last_workspace, rows[0].last_word];
  }
  return done;
}

export const forgetWords: JobDefinition<object> = {
  queue: {
    name: 'forget-words',
    ...CLEANUP,
    expireInSeconds: 3600,
    schedules: { nightly: { cron: '50 2 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
