import { z } from 'zod';
import { deliverWebhooks, singletonOfWebhooks } from './deliver-webhooks.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { EVERY_MINUTE } from './queue-options.ts';

/** Finds workspaces with deliveries of webhooks that are due, or whose worker was lost, and puts them into the queue. */
async function handle({ pool, boss }: JobContext): Promise<object> {
  const { rows } = await pool.query<{ id: string }>('select id from app_hidden.find_due_webhooks() as id');
  const payloads = rows.map(({ id }) => ({ workspaceId: id }));
  if (payloads.length > 0)
    await boss.insert(
      deliverWebhooks.queue.name,
      payloads.map((data) => ({ data, ...singletonOfWebhooks(data) })),
    );
  return { workspaces: payloads.length };
}

export const sweepWebhooks: JobDefinition<object> = {
  queue: {
    name: 'sweep-webhooks',
    ...EVERY_MINUTE,
  },
  payload: z.object({}),
  batchSize: 1,
  reachesOut: true,
  handle,
};
