import type { JsonObject } from '../json/values.ts';

/**
 * Ids are made from times, so a time must be real, must not be in the future, and must be later than what it
 * follows. Which time a message gets depends only on the export, never on when it is read: the same export twice
 * must give the same ids.
 */

/** The day ChatGPT opened: the time of a conversation that has none at all. */
export const EARLIEST = Date.UTC(2022, 10, 30);

/** Seconds (or milliseconds, or ISO text) as milliseconds; null when it is no usable time. */
export function readTime(value: unknown, now: number): number | null {
  let ms: number;
  if (typeof value === 'string') ms = Number.isNaN(Number(value)) ? Date.parse(value) : Number(value) * 1000;
  // Some tools that rewrite exports count milliseconds; in seconds that would be the year 5138 and later.
  else if (typeof value === 'number') ms = value > 1e11 ? value : value * 1000;
  else return null;
  ms = Math.trunc(ms);
  return Number.isFinite(ms) && ms > 0 && ms <= now ? ms : null;
}

/** The time of a message, by whichever name its format has for it. */
export function timeOf(message: JsonObject): unknown {
  return message.create_time ?? message.created_at ?? message.time;
}
