import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { log } from '../../lib/log.ts';
import { indexSource } from '../index-source.ts';

/** Milliseconds between two lines of progress in the log while there is work. */
const PROGRESS_INTERVAL = 5_000;

/** Counts what jobs did and says so every few seconds, as long as there is something to say. */
export function progressLog(pool: Pool, signal: AbortSignal): (queue: string, output: object) => void {
  const done = { sources: 0, chunks: 0, embedded: 0 };
  // the queue's own statistics are up to a minute old
  const countWaiting = async (): Promise<number> => {
    const { rows } = await pool.query(
      `select count(*)::int as waiting from pgboss.job where name = $1 and state < 'active'`,
      [indexSource.queue.name],
    );
    return rows[0].waiting;
  };
  let speaking = false;
  const speak = async (): Promise<void> => {
    await delay(PROGRESS_INTERVAL, undefined, { signal, ref: false }).catch(() => {});
    const waiting = await countWaiting().catch(() => undefined);
    log.info({ ...done, waiting }, 'indexed');
    Object.assign(done, { sources: 0, chunks: 0, embedded: 0 });
    speaking = false;
  };
  return (queue, output) => {
    done.sources += queue === indexSource.queue.name ? 1 : 0;
    done.chunks += 'chunks' in output ? Number(output.chunks) : 0;
    done.embedded += 'embedded' in output ? Number(output.embedded) : 0;
    if (speaking || signal.aborted) return;
    speaking = true;
    void speak();
  };
}
