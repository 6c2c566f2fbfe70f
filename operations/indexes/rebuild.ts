import type { Pool } from 'pg';
import { ColloquyError, describeError, errorCode } from '../../lib/errors.ts';
import { buildMemory, type Rebuild, readIndexes } from './facts.ts';
import type { Maintainer, Settings } from './session.ts';
import { type Blocker, describeBlocker, type Watching, watchBuild } from './watch.ts';

/** What was done to one index. */
export interface Rebuilt {
  index: string;
  table: string;
  reason: string;
  bytesBefore: number;
  bytesAfter: number;
  seconds: number;
  isVacuumed: boolean;
}

export interface RebuildOptions extends Watching {
  /** Watches the build, and reads the catalogue. */
  pool: Pool;
  /** Takes each rebuilt index down. Of worker or monitor. */
  recorder: Pick<Pool, 'query'>;
  /** Most megabytes of maintenance_work_mem. */
  memory: number;
  /** Parallel workers of a build. Default: as the server has it. */
  workers?: number | undefined;
  /** Milliseconds that one attempt waits for others. */
  patience: number;
  /** Drops what an interrupted attempt left. Returns the names. */
  dropLeftovers(): Promise<string[]>;
  signal?: AbortSignal | undefined;
}

const ATTEMPTS = 3;
const isVector = ({ method }: { method: string }): boolean => method === 'hnsw' || method === 'ivfflat';

function settingsOf(rebuild: Rebuild, { memory, workers, patience }: RebuildOptions): Settings {
  return {
    maintenance_work_mem: `${Math.max(64, Math.min(memory, buildMemory(rebuild)))}MB`,
    lock_timeout: `${patience}ms`,
    ...(workers === undefined ? {} : { max_parallel_maintenance_workers: String(workers) }),
  };
}

/** Others go on while an index is rebuilt; on the embedded database they wait. */
export const reindexStatement = (index: string, isEmbedded: boolean): string =>
  `reindex index ${isEmbedded ? '' : 'concurrently '}${index}`;

async function attempt(
  maintainer: Maintainer,
  rebuild: Rebuild,
  options: RebuildOptions,
): Promise<Blocker | undefined> {
  const done = new AbortController();
  let blocker: Blocker | undefined;
  const watching: Watching = {
    ...options,
    onBlocked(one) {
      blocker = one;
      options.onBlocked?.(one);
    },
  };
  const watched =
    maintainer.pid === undefined
      ? undefined
      : watchBuild(options.pool, maintainer.pid, watching, done.signal).catch(() => {});
  try {
    await maintainer.run(
      reindexStatement(rebuild.index, maintainer.isEmbedded),
      settingsOf(rebuild, options),
      options.signal,
    );
    return undefined;
  } catch (error) {
    if (errorCode(error) !== '55P03') throw error;
    return blocker ?? { pid: 0, login: null, application: null, state: null, age: null, queryStart: null };
  } finally {
    done.abort();
    await watched;
  }
}

/**
 * Builds an index anew in up to three attempts. What one of them leaves is dropped before the next one.
 * @throws ColloquyError CQ653 when others kept it waiting each time
 */
async function replaceIndex(
  maintainer: Maintainer,
  rebuild: Rebuild,
  options: RebuildOptions,
): Promise<void> {
  let blocker: Blocker | undefined;
  for (let tries = 1; tries <= ATTEMPTS; tries += 1) {
    try {
      blocker = await attempt(maintainer, rebuild, options);
    } catch (error) {
      // cancelled, or failed: nothing is left half where that can be helped
      await options.dropLeftovers().catch(() => {});
      throw error;
    }
    if (!blocker) return;
    await options.dropLeftovers();
    const left = (await readIndexes(options.pool)).filter(
      (one) => one.isLeftover && one.table === rebuild.table,
    );
    // the new one is in its place, and others may still read the old one: the next run drops it
    if (left.some(({ index }) => index.endsWith('_ccold'))) return;
    // what keeps the rebuild waiting keeps the drop waiting: another attempt would leave a second one
    if (left.length > 0) break;
  }
  throw new ColloquyError(
    'CQ653',
    `${rebuild.index} was not rebuilt: others kept it waiting for longer than ${options.patience / 1000} s.`,
    {
      hint: blocker?.pid ? describeBlocker(blocker) : 'Look for long transactions: npm run ops -- doctor.',
    },
  );
}

/**
 * Rebuilds one index while others read and write, and vacuums its table then, where it is one of vectors: a vacuum that meets dead
 * rows would repair the old graph row by row. It is taken down as a run of its own, so that the next run knows what is done.
 * @throws ColloquyError CQ653 when others kept it waiting each time
 */
export async function rebuildIndex(
  maintainer: Maintainer,
  rebuild: Rebuild,
  options: RebuildOptions,
): Promise<Rebuilt> {
  const startedAt = new Date();
  const { index, table, reason, bytes } = rebuild;
  const record = (outcome: string, details: object, error: string | null = null): Promise<unknown> =>
    options.recorder.query('select app_hidden.record_run($1, $2, $3, $4, $5)', [
      'reindex',
      startedAt,
      outcome,
      details,
      error,
    ]);
  const vacuums = isVector(rebuild);
  try {
    await replaceIndex(maintainer, rebuild, options);
    const patience = { lock_timeout: `${options.patience}ms` };
    if (vacuums) await maintainer.run(`vacuum ${table}`, patience, options.signal);
  } catch (error) {
    const outcome = options.signal?.aborted ? 'stopped' : 'failed';
    await record(outcome, { index, table, reason }, describeError(error)).catch(() => {});
    throw error;
  }
  const after = (await readIndexes(options.pool)).find((one) => one.index === index);
  const result: Rebuilt = {
    index,
    table,
    reason,
    bytesBefore: bytes,
    bytesAfter: after?.bytes ?? 0,
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    isVacuumed: vacuums,
  };
  await record('succeeded', result);
  return result;
}

/** Milliseconds that a drop waits for the transactions that may still use the index. */
const DROP_PATIENCE = 5_000;

/**
 * Drops what interrupted rebuilds left, without keeping others waiting: as the owner, where nothing is built on the table. What
 * others keep busy stays for the next run.
 * @returns the names
 */
export async function dropLeftovers(maintainer: Maintainer, pool: Pool): Promise<string[]> {
  const dropped: string[] = [];
  for (const { index } of (await readIndexes(pool)).filter((one) => one.isLeftover && !one.isBusy)) {
    try {
      await maintainer.run(`drop index ${maintainer.isEmbedded ? '' : 'concurrently '}if exists ${index}`, {
        lock_timeout: `${DROP_PATIENCE}ms`,
      });
      dropped.push(index);
    } catch (error) {
      if (errorCode(error) !== '55P03') throw error;
    }
  }
  return dropped;
}
