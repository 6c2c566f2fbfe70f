import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { errorCode } from '../../lib/errors.ts';
import type { Place } from './export.ts';
import { goes, readPartitions } from './read.ts';

/** Months that always have their partitions before they begin. */
const MONTHS_AHEAD = 3;
/** Times that a step is tried when the tables are busy, and the milliseconds between two. */
const ATTEMPTS = 20;
const PAUSE = 2000;
/** How many times as long as a step took it rests: others wait in at most a twentieth of the time, so that their p95 stays. */
export const REST = 20;
/** Milliseconds of the longest rest. */
const LONGEST_REST = 15_000;

interface Bounds {
  /** Acts as colloquy_worker. */
  pool: Pool;
  /** Ends it before the next step. */
  signal: AbortSignal;
  /** How many times as long as a step took it rests. Default: 20. */
  rest?: number;
}

export interface Made {
  partition: string;
  moved: number;
}

/** Lets others have the time behind a step that began then. */
async function rested(begun: number, rest: number, signal: AbortSignal): Promise<void> {
  const pause = Math.min(rest * (Date.now() - begun), LONGEST_REST);
  await delay(pause, undefined, { signal }).catch(() => {});
}

/** Does what gives up when the tables are busy, again and again. @throws 55P03 when they stay so */
async function patiently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (errorCode(error) !== '55P03' || attempt === ATTEMPTS || signal.aborted) throw error;
      await delay(PAUSE, undefined, { signal }).catch(() => {});
    }
  }
}

/**
 * Makes the partitions of the coming months, moves rows that no partition took, and gives the past a place; one partition a transaction,
 * since attaching it makes writers of conversations wait. It rests between them.
 * @throws 55P03 when the tables stay busy: what was done stays
 */
export async function* ensurePartitions({ pool, signal, rest = REST }: Bounds): AsyncGenerator<Made> {
  while (!signal.aborted) {
    const begun = Date.now();
    const { rows } = await patiently(signal, () =>
      pool.query<Made>(
        'select partition, moved::float8 as moved from app_hidden.ensure_partitions(months_ahead => $1, max_partitions => 1)',
        [MONTHS_AHEAD],
      ),
    );
    if (!rows[0]) return;
    yield rows[0];
    await rested(begun, rest, signal);
  }
}

export interface Dropped {
  partition: string;
  rows: number;
  /** Where its rows lie now. */
  exportedTo: string | null;
}

/** Null when it is to be kept after all: a row, a policy or a hold came. @throws 55P03 when the table stays busy, CQ730 */
async function dropPartition(
  { pool, signal }: Bounds,
  partition: string,
  expected: number | null,
): Promise<number | null> {
  try {
    const { rows } = await patiently(signal, () =>
      pool.query<{ dropped: number }>('select app_hidden.drop_partition($1, $2)::float8 as dropped', [
        partition,
        expected,
      ]),
    );
    return rows[0]!.dropped;
  } catch (error) {
    if (['CQ731', 'CQ732', 'CQ733'].includes(errorCode(error) ?? '')) return null;
    throw error;
  }
}

/**
 * Drops the partitions that are empty and old, and the months of logs that retention has ended, one a transaction; the latter are exported
 * before, where there is a place for it.
 * @param only  tables, when not all
 */
export async function* dropPartitions(
  bounds: Bounds,
  { place, only }: { place?: Place | undefined; only?: readonly string[] } = {},
): AsyncGenerator<Dropped | { busy: string }> {
  const states = (await readPartitions(bounds.pool)).filter(
    (one) => goes(one) && (only?.includes(one.parent) ?? true),
  );
  for (const { partition, verdict } of states) {
    if (bounds.signal.aborted) return;
    const begun = Date.now();
    try {
      const exported =
        place && verdict === 'expired'
          ? // its encryption is large, and few export
            await (await import('./export.ts')).exportPartition(bounds.pool, partition, place, bounds.signal)
          : null;
      const rows = await dropPartition(bounds, partition, exported?.rows ?? null);
      if (rows !== null) yield { partition, rows, exportedTo: exported?.key ?? null };
    } catch (error) {
      if (errorCode(error) !== '55P03') throw error;
      yield { busy: partition };
    }
    await rested(begun, bounds.rest ?? REST, bounds.signal);
  }
}
