import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';
import { maintainingAsWorker } from './maintaining.ts';
import { WEEKLY } from './queue-options.ts';

/**
 * Makes statistics anew: of the partitioned tables, which autovacuum never looks at, and of what was never analysed. One table a
 * statement; what has its statistics is not due again, so that a run goes on where one was ended.
 */
async function handle(context: JobContext): Promise<object> {
  const { pool, signal } = context;
  return maintainingAsWorker(context, 'analyze', async (maintainer, { isTimeUp }) => {
    const done = { parents: 0, tables: 0, left: 0 };
    const { rows } = await pool.query<{ table: string; isParent: boolean }>(
      'select table_name as table, is_parent as "isParent" from app_hidden.tables_to_analyze()',
    );
    for (const { table, isParent } of rows) {
      if (isTimeUp()) {
        done.left += 1;
        continue;
      }
      // "only": the partitions have theirs from autovacuum
      await maintainer.run(`analyze only ${table}`, { lock_timeout: '10s' }, signal);
      done[isParent ? 'parents' : 'tables'] += 1;
    }
    return done;
  });
}

export const analyze: JobDefinition<object> = {
  queue: {
    name: 'analyze',
    ...WEEKLY,
    schedules: { weekly: { cron: '30 2 * * 0' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
