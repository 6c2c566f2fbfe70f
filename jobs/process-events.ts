import { z } from 'zod';
import { countTokens } from '../chunking/tokens.ts';
import { describeError } from '../lib/errors.ts';
import { ProviderError } from '../models/error.ts';
import type { Summary } from '../models/summary/summariser.ts';
import { readEvent } from '../reading/event.ts';
import { openRecogniser } from '../reading/recognise.ts';
import type { JobContext, JobDefinition, Singleton } from './job.ts';

/** Events that are claimed at a time. */
const BATCH = 20;
/** A job that takes longer than this many milliseconds hands the rest to a new one. */
const TIME_BUDGET = 30_000;
/** Most characters that are kept as they are: summing them up would cost more than it saves. */
const SHORT = 400;

const payload = z.object({ workspaceId: z.uuid(), source: z.string().min(1).max(100) });
type Payload = z.infer<typeof payload>;

interface Event {
  event_id: string;
  attempt: number;
  event_type: string;
  payload: unknown;
  metadata: unknown;
}

interface Done {
  stored: number;
  known: number;
  empty: number;
  late: number;
  failed: number;
  /** Held back by a budget, a quota or the switch. */
  paused: number;
  promptTokens: number;
  completionTokens: number;
}

type Outcome = 'stored' | 'known' | 'empty' | 'late';

interface PaidSummary extends Summary {
  reservationId: string | null;
}

/**
 * Sums a long text up. A service that is paid is asked within the budgets of who brought the event in.
 * @returns undefined when the budget is spent and the event was given back, or when another worker claimed it
 */
async function summarise(
  { pool, summariser, signal }: JobContext,
  { workspaceId }: Payload,
  event: Event,
  text: string,
  done: Done,
): Promise<PaidSummary | undefined> {
  const estimate = summariser().estimate?.(text);
  // outside of any transaction: a model may take its time
  if (!estimate) return { ...(await summariser().summarise(text, signal)), reservationId: null };
  const { rows } = await pool.query<{ reservation_id: string | null; refusal: string | null }>(
    `select reservation_id, refusal from app_hidden.reserve_event_summary(
       for_workspace => $1, for_event => $2, of_attempt => $3, tokens => $4, cost_usd => $5)`,
    [
      workspaceId,
      event.event_id,
      event.attempt,
      estimate.promptTokens + estimate.completionTokens,
      estimate.costUsd,
    ],
  );
  if (!rows[0]) done.late += 1;
  else if (rows[0].refusal) done.paused += 1;
  const reservationId = rows[0]?.reservation_id;
  if (!reservationId) return undefined;
  try {
    return { ...(await summariser().summarise(text, signal)), reservationId };
  } catch (error) {
    await pool.query('select app_hidden.release_reservation(for_workspace => $1, of_reservation => $2)', [
      workspaceId,
      reservationId,
    ]);
    throw error;
  }
}

/** Sums one event up, and stores what it says. */
async function processEvent(context: JobContext, source: Payload, event: Event, done: Done): Promise<void> {
  const { text, heading, importance } = readEvent({
    source: source.source,
    eventType: event.event_type,
    payload: event.payload,
    metadata: event.metadata,
  });
  let content: string | null = text.trim() === '' ? null : text.trim();
  let summary: PaidSummary | undefined;
  if (content !== null && content.length > SHORT) {
    summary = await summarise(context, source, event, content, done);
    if (!summary) return;
    content = summary.text.trim() || content.slice(0, SHORT).toWellFormed();
    done.promptTokens += summary.promptTokens;
    done.completionTokens += summary.completionTokens;
  }
  const { rows } = await context.pool.query<{ outcome: Outcome }>(
    `select app_hidden.complete_event(
       for_workspace => $1, for_event => $2, of_attempt => $3, new_content => $4, new_heading => $5,
       new_token_count => $6, new_importance => $7, of_reservation => $8, used_provider => $9, used_model => $10,
       prompt_tokens => $11, completion_tokens => $12, cost_usd => $13, recognized_language => $14) as outcome`,
    [
      source.workspaceId,
      event.event_id,
      event.attempt,
      content,
      heading,
      content === null ? null : Math.max(1, countTokens(content)),
      importance,
      ...(summary?.reservationId
        ? [
            summary.reservationId,
            context.summariser().name,
            context.summariser().model,
            summary.promptTokens,
            summary.completionTokens,
            summary.costUsd,
          ]
        : [null, null, null, null, null, null]),
      content === null ? null : (await openRecogniser())(content),
    ],
  );
  done[rows[0]!.outcome] += 1;
}

async function fail(
  { pool }: JobContext,
  { workspaceId }: Payload,
  event: Event,
  { reason, pause, counts }: { reason: string; pause: number; counts: boolean },
): Promise<void> {
  await pool.query(
    `select app_hidden.fail_event(
       for_workspace => $1, for_event => $2, of_attempt => $3, reason => $4,
       pause => make_interval(secs => $5), counts => $6)`,
    [workspaceId, event.event_id, event.attempt, reason, pause, counts],
  );
}

/** Makes knowledge of the events of a source that wait: what each says, in short, to be found by search. */
async function handle(context: JobContext, source: Payload): Promise<object> {
  const { pool, boss, signal, log } = context;
  const deadline = Date.now() + TIME_BUDGET;
  const done: Done = {
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
    const { rows: events } = await pool.query<Event>(
      `select event_id, attempt, event_type, payload, metadata
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
        await processEvent(context, source, event, done);
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
