import { countTokens } from '../../chunking/tokens.ts';
import type { Summary } from '../../models/summary/summariser.ts';
import { readEvent } from '../../reading/event.ts';
import { openRecogniser } from '../../reading/language/recognise.ts';
import type { JobContext } from '../job.ts';

/** Most characters that are kept as they are: summing them up would cost more than it saves. */
const SHORT = 400;

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
 * Sums a long text up. A service that is paid is asked within the budgets of who brought the event in.
 * @returns undefined when the budget is spent and the event was given back, or when another worker claimed it
 */
async function summarise(
  { pool, summariser, signal }: JobContext,
  { workspaceId }: EventSource,
  event: ClaimedEvent,
  text: string,
  done: EventCounts,
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
export async function processEvent(
  context: JobContext,
  source: EventSource,
  event: ClaimedEvent,
  done: EventCounts,
): Promise<void> {
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
