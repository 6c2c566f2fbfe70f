import { z } from 'zod';
import type { JobContext, JobDefinition } from './job.ts';
import { DAILY } from './queue-options.ts';

/** Chunks moved in one transaction. */
const BATCH = 50_000;

/** Moves chunks between hot, warm and cold until none is in the wrong tier. */
async function handle({ pool, signal }: JobContext): Promise<object> {
  const moved: Record<string, number> = { hot: 0, warm: 0, cold: 0 };
  while (!signal.aborted) {
    const { rows } = await pool.query<{ tier: string; moved: string }>(
      'select tier, moved from app_hidden.tier_chunks(max_chunks => $1)',
      [BATCH],
    );
    if (rows.length === 0) break;
    for (const row of rows) moved[row.tier] = (moved[row.tier] ?? 0) + Number(row.moved);
  }
  return { moved };
}

export const tierChunks: JobDefinition<object> = {
  queue: {
    name: 'tier-chunks',
    policy: 'short',
    ...DAILY,
    schedules: { daily: { cron: '20 2 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
