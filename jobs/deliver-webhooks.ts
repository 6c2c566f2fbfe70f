import { z } from 'zod';
import { type Delivery, sendDelivery } from '../webhooks/send.ts';
import type { JobContext, JobDefinition, Singleton } from './job.ts';

/** Deliveries that are taken, and sent at once: of one webhook half of them. */
const BATCH = 10;
/** A job that takes longer than this many milliseconds hands the rest to a new one, so that every workspace has its turn. */
const TIME_BUDGET = 20_000;
/** Workspaces that a process delivers for at once. */
const PLACES = 4;

const payload = z.object({ workspaceId: z.uuid() });
type Payload = z.infer<typeof payload>;

/** One job waits per workspace. */
export function singletonOfWebhooks({ workspaceId }: Payload): Singleton {
  return { singletonKey: workspaceId, group: { id: workspaceId } };
}

/** @returns whether it was accepted */
async function deliver(context: JobContext, { workspaceId }: Payload, delivery: Delivery): Promise<boolean> {
  const { pool, log, signal, webhooks = { networks: [] } } = context;
  // outside of any transaction: a receiver may take its time
  const { status, error, retryAfter, isGone } = await sendDelivery(delivery, { ...webhooks, signal });
  await pool.query(
    `select app_hidden.settle_webhook_delivery(
       for_workspace => $1, delivery_id => $2, of_attempt => $3, http_status => $4, error => $5, retry_after => $6, is_gone => $7)`,
    [workspaceId, delivery.id, delivery.attempt, status, error, retryAfter, isGone],
  );
  if (error !== null)
    log.debug(
      { webhook: delivery.webhook_id, delivery: delivery.id, status, error },
      'a webhook was not accepted',
    );
  return error === null;
}

/** Delivers what is due in a workspace. What fails waits, each delivery and its webhook, and the others go on. */
async function handle(context: JobContext, workspace: Payload): Promise<object> {
  const { pool, boss, signal, environment } = context;
  const deadline = Date.now() + TIME_BUDGET;
  const done = { delivered: 0, failed: 0 };
  while (!signal.aborted) {
    const { rows } = await pool.query<Delivery>(
      `select id, attempt, webhook_id, url, secrets, payload
       from app_hidden.take_webhook_deliveries(for_workspace => $1, max_deliveries => $2, for_environment => $3)`,
      [workspace.workspaceId, BATCH, environment ?? null],
    );
    if (rows.length === 0) return done;
    // what is cut off by the end of the process is tried again when its time is over
    const outcomes = await Promise.all(rows.map((delivery) => deliver(context, workspace, delivery)));
    for (const isAccepted of outcomes) done[isAccepted ? 'delivered' : 'failed'] += 1;
    if (Date.now() > deadline) {
      await boss.send(deliverWebhooks.queue.name, workspace, singletonOfWebhooks(workspace));
      return { ...done, continued: true };
    }
  }
  return done;
}

export const deliverWebhooks: JobDefinition<Payload> = {
  queue: {
    name: 'deliver-webhooks',
    policy: 'short',
    // the deliveries say when they are tried again; the sweep looks
    retryLimit: 0,
    expireInSeconds: 300,
    deleteAfterSeconds: 3600,
  },
  payload,
  batchSize: 1,
  isFair: true,
  places: PLACES,
  reachesOut: true,
  handle,
};
