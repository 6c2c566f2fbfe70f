import { chunkInThread } from '../../chunking/chunk-in-thread.ts';
import type { Summariser, Summary } from '../../models/summary/summariser.ts';
import { type EventText, readEvent } from '../../reading/event.ts';
import type { ToldEvent } from '../../reading/told-event.ts';
import type { JobContext } from '../job.ts';
import { toRow, type Version } from './source.ts';

/** Most characters that no model is asked to sum up: it would cost more than it saves. */
const SHORT = 400;

export type PassageSizes = Pick<Version, 'chunk_size' | 'chunk_overlap'>;

interface EventSource {
  workspaceId: string;
  source: string;
}

/** An event that was claimed. */
export interface ClaimedEvent {
  event_id: string;
  attempt: number;
  event_type: string;
  payload: unknown;
  metadata: unknown;
  /** The first event of its thread, where that is known and readers of the one read the other. */
  root: ToldEvent | null;
  /** Whether what it says was stored before. */
  is_known: boolean;
}

/** What a job did with events. */
export interface EventCounts {
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
 * Has a long text summed up. A service that is paid is asked within the budgets of who brought the event in.
 * @returns undefined when the budget is spent and the event was given back, or when another worker claimed it
 */
async function summarise(
  { pool, signal }: JobContext,
  summariser: Summariser,
  { workspaceId }: EventSource,
  event: ClaimedEvent,
  text: string,
  done: EventCounts,
): Promise<PaidSummary | undefined> {
  const estimate = summariser.estimate?.(text);
  // outside of any transaction: a model may take its time
  if (!estimate) return { ...(await summariser.summarise(text, signal)), reservationId: null };
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
    return { ...(await summariser.summarise(text, signal)), reservationId };
  } catch (error) {
    await pool.query('select app_hidden.release_reservation(for_workspace => $1, of_reservation => $2)', [
      workspaceId,
      reservationId,
    ]);
    throw error;
  }
}

/** What an event says, as complete_event() takes it: all of it in passages, and a summary behind them where there is one. */
async function saidBy(
  { signal, chunk = chunkInThread }: JobContext,
  event: EventText,
  version: PassageSizes,
  summary?: string,
): Promise<object> {
  const sizes = { chunkSize: version.chunk_size, chunkOverlap: version.chunk_overlap };
  const cut = (content: string) => chunk({ content, contentType: 'markdown' }, sizes, signal);
  const passages = (await cut(event.text)).map((one) => toRow(one, event.heading, one.heading));
  if (summary) {
    for (const one of await cut(summary))
      passages.push({ ...toRow(one, event.heading, 'summary'), chunk_index: passages.length });
  }
  const { title, speaker, context, occurredAt, importance } = event;
  return { passages, title, speaker, context, occurredAt, importance };
}

/** Stores what one event says, and what a model sums up of a long one. */
export async function processEvent(
  context: JobContext,
  source: EventSource,
  event: ClaimedEvent,
  version: PassageSizes,
  done: EventCounts,
): Promise<void> {
  const { pool } = context;
  const summariser = context.summariser();
  const read = readEvent(
    {
      source: source.source,
      eventType: event.event_type,
      payload: event.payload,
      metadata: event.metadata,
    },
    { root: event.root },
  );
  const complete = async (said: object, isFinal: boolean, paid?: PaidSummary): Promise<Outcome> => {
    const { rows } = await pool.query<{ outcome: Outcome }>(
      `select app_hidden.complete_event(
         for_workspace => $1, for_event => $2, of_attempt => $3, said => $4::jsonb, is_final => $5, of_reservation => $6,
         used_provider => $7, used_model => $8, prompt_tokens => $9, completion_tokens => $10, cost_usd => $11) as outcome`,
      [
        source.workspaceId,
        event.event_id,
        event.attempt,
        JSON.stringify(said),
        isFinal,
        ...(paid?.reservationId
          ? [
              paid.reservationId,
              summariser?.name,
              summariser?.model,
              paid.promptTokens,
              paid.completionTokens,
              paid.costUsd,
            ]
          : [null, null, null, null, null, null]),
      ],
    );
    return rows[0]!.outcome;
  };

  let summary: PaidSummary | undefined;
  if (summariser && read.text.length > SHORT) {
    // found by its words while the model takes its time, and however it ends
    if (!event.is_known) await complete(await saidBy(context, read, version), false);
    summary = await summarise(context, summariser, source, event, read.text, done);
    if (!summary) return;
    done.promptTokens += summary.promptTokens;
    done.completionTokens += summary.completionTokens;
  }
  const said = await saidBy(context, read, version, summary?.text.trim());
  done[await complete(said, true, summary)] += 1;
}
