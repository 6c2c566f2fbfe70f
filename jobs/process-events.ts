import { z } from 'zod';
import { describeError } from '../lib/errors.ts';
import { ProviderError } from '../models/error.ts';
import { type ClaimedEvent, type EventCounts, processEvent } from './indexing/process-event.ts';
import { activeVersion } from './indexing/source.ts';
import type { JobContext, JobDefinition, Singleton } from './job.ts';

/** Events that are claimed at a time. */
const BATCH = 20;
/** A job that takes longer than this many milliseconds hands the rest to a new one. */
const TIME_BUDGET = 30_000;
/** The sizes of passages while there is no embedding version. */
const UNVERSIONED = { chunk_size: 200, chunk_overlap: 20 };
const payload = z.object({ workspaceId: z.uuid(), source: z.string().min(1).max(100) });
type Payload = z.infer<typeof payload>;

async function fail(
  { pool }: JobContext,
  { workspaceId }: Payload,
  event: ClaimedEvent,
  { reason, pause, counts }: { reason: string; pause: number; counts: boolean },
): Promise<void> {
  await pool.query(
    `select app_hidden.fail_event(
       for_workspace => $1, for_event => $2, of_attempt => $3, reason => $4,
       pause => make_interval(secs => $5), counts => $6)`,
    [workspaceId, event.event_id, event.attempt, reason, pause, counts],
  );
}

/** Makes knowledge of the events of a source that wait: what each says, whole, to be found by search. */
async function handle(context: JobContext, source: Payload): Promise<object> {
  const { pool, boss, signal, log } = context;
  const deadline = Date.now() + TIME_BUDGET;
  const sizes = (await activeVersion(pool)) ?? UNVERSIONED;
  const done: EventCounts = {
    stored: 0,
    known: 0,
    empty: 0,
    late: 0,
    failed: 0,
    paused: 0,
    promptTokens: 0,
    completionTokens: 0,
  };
  for (;;) {
    const { rows: events } = await pool.query<ClaimedEvent>(
      `select event_id, attempt, event_type, payload, metadata, root, is_known
       from app_hidden.claim_events(for_workspace => $1, for_source => $2, max_events => $3)`,
      [source.workspaceId, source.source, BATCH],
    );
    if (events.length === 0) return done;
    let waits: { pause: number; reason: string } | undefined;
    events.sort((a, b) => (a.event_id < b.event_id ? -1 : 1));
    for (const event of events) {
      if (waits || signal.aborted || Date.now() > deadline) {
        await fail(context, source, event, {
          reason: waits?.reason ?? 'the worker had no time left for it',
          pause: waits?.pause ?? 0,
          counts: false,
        });
        continue;
      }
      try {
        await processEvent(context, source, event, sizes, done);
      } catch (error) {
        const retryAfter = error instanceof ProviderError ? error.retryAfter : undefined;
        if (retryAfter !== undefined || signal.aborted) {
          waits = { pause: retryAfter ?? 0, reason: describeError(error) };
          await fail(context, source, event, { ...waits, counts: false });
          continue;
        }
        done.failed += 1;
        log.warn({ err: error, event: event.event_id }, 'an event could not be processed');
        await fail(context, source, event, { reason: describeError(error), pause: 10, counts: true });
      }
    }
    if (signal.aborted) throw signal.reason;
    if (waits || Date.now() > deadline) {
      const startAfter = Math.ceil(waits?.pause ?? 0);
      await boss.send(processEvents.queue.name, source, { ...singletonOfEvents(source), startAfter });
      return { ...done, continued: true, ...(waits ? { waits: startAfter } : {}) };
    }
  }
}

/** One job waits per workspace and source. */
export function singletonOfEvents({ workspaceId, source }: Payload): Singleton {
  return { singletonKey: `${workspaceId}:${source}`, group: { id: workspaceId } };
}

export const processEvents: JobDefinition<Payload> = {
  queue: {
    name: 'process-events',
    policy: 'short',
    retryLimit: 3,
    retryDelay: 5,
    retryBackoff: true,
    expireInSeconds: 900,
    deleteAfterSeconds: 86_400,
  },
  payload,
  batchSize: 1,
  handle,
};
