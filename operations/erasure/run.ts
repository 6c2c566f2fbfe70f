import type { Pool } from 'pg';
import { errorCode } from '../../lib/errors.ts';
import type { FileStorage } from '../../lib/storage.ts';
import { recallAll } from '../cold/recall.ts';
import { removeContent } from '../remove-content.ts';
import { type ErasureStore, keepErasures } from './list.ts';

/** Rows of one transaction. */
const BATCH = 500;

export interface ErasureRun {
  finished: number;
  /** By table. */
  rows: Record<string, number>;
  contents: number;
  /** Those that a legal hold keeps from going on, and its reason. */
  held: Record<string, string>;
  /** Whether something was left for another run. */
  isWaiting: boolean;
}

export interface ErasureOptions {
  /** Absent: bytes stay, as where this is a copy of another database that has them. */
  storage?: FileStorage | undefined;
  /** Where it is written down outside of the database, before anything is removed and when nothing is left. */
  stores?: readonly ErasureStore[];
  signal?: AbortSignal | undefined;
  batch?: number;
  onStep?: (step: string, rows: number) => void;
}

interface Bit {
  erasure_id: string;
  step: string;
  done: Record<string, number> | null;
  held_by: string | null;
  waits_for_files: boolean;
  is_finished: boolean;
}

/**
 * Removes bytes that no file has any more, of the workspaces of people who are being erased.
 * @returns null when they have to stay for now, because a backup copies them
 */
async function removeContents(pool: Pool, storage: FileStorage): Promise<number | null> {
  const { rows } = await pool.query<{ path: string }>(
    'select path from app_hidden.contents_to_erase() as path',
  );
  if (rows.length === 0) return null;
  for (const { path } of rows) await removeContent(pool, storage, path);
  return rows.length;
}

/** The next bit; archives that lie in the storage of files are brought back first, since what is in them has to be read. */
async function nextBit(
  pool: Pool,
  batch: number,
  besides: string[],
  storage: FileStorage | undefined,
  signal: AbortSignal | undefined,
): Promise<Bit[]> {
  const ask = async (): Promise<Bit[]> =>
    (
      await pool.query<Bit>('select * from app_hidden.erase_some($1, $2, $3)', [
        batch,
        besides,
        storage !== undefined,
      ])
    ).rows;
  try {
    return await ask();
  } catch (error) {
    if (errorCode(error) !== 'CQ766' || !storage) throw error;
    await recallAll(pool, storage, {}, { signal });
    return signal?.aborted ? [] : ask();
  }
}

/**
 * Goes on with every erasure until nothing is left of these people, each bit in a transaction of its own: it may be killed anywhere, and
 * the next run goes on.
 * @param pool  acts as colloquy_worker or colloquy_owner
 */
export async function runErasures(
  pool: Pool,
  { storage, stores = [], signal, batch = BATCH, onStep }: ErasureOptions = {},
): Promise<ErasureRun> {
  const run: ErasureRun = { finished: 0, rows: {}, contents: 0, held: {}, isWaiting: false };
  const besides: string[] = [];
  await keepErasures(pool, stores);
  while (!signal?.aborted) {
    const rows = await nextBit(pool, batch, besides, storage, signal);
    const bit = rows[0];
    if (!bit) break;
    for (const [table, count] of Object.entries(bit.done ?? {}))
      run.rows[table] = (run.rows[table] ?? 0) + count;
    onStep?.(
      bit.step,
      Object.values(run.rows).reduce((sum, count) => sum + count, 0),
    );
    // what waited is begun: that, too, is known outside before anything is removed
    if (bit.step === 'grace' && bit.held_by === null) await keepErasures(pool, stores);
    if (bit.is_finished) {
      run.finished += 1;
      await keepErasures(pool, stores);
    }
    if (bit.held_by !== null) {
      run.held[bit.erasure_id] = bit.held_by;
      besides.push(bit.erasure_id);
    }
    if (bit.waits_for_files) {
      const removed = storage ? await removeContents(pool, storage) : null;
      if (removed === null) besides.push(bit.erasure_id);
      else run.contents += removed;
    }
  }
  run.isWaiting = besides.length > 0 || signal?.aborted === true;
  return run;
}
