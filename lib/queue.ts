import type { Pool } from 'pg';
import { type ConstructorOptions, type Db, PgBoss } from 'pg-boss';
import { outage } from './connections/outage.ts';
import { log } from './log.ts';

/** pg-boss over one of our pools, so that the embedded database's single session is shared in turn. */
export function poolAdapter(pool: Pool): Db {
  return {
    async executeSql(text: string, values?: unknown[]) {
      // several statements in one text come back as several results; pg-boss wants what the one with rows returned
      const result = await pool.query(text, values);
      return Array.isArray(result) ? { rows: result.flatMap((one) => one.rows) } : { rows: result.rows };
    },
  };
}

/** The queue over a pool. It never changes its schema by itself: migrations do. */
export function openQueue(pool: Pool, options: Partial<ConstructorOptions> = {}): PgBoss {
  const boss = new PgBoss({
    db: poolAdapter(pool),
    schema: 'pgboss',
    migrate: false,
    createSchema: false,
    reindex: false,
    monitorVacuum: false,
    ...options,
  });
  boss.on('error', (error) => {
    if (!outage.failed(error, 'queue')) log.error({ err: error }, 'queue');
  });
  return boss;
}

/** Longest time, in seconds, since a worker last handled the queue's schedules: they are due every minute. */
const ALIVE_WITHIN = 180;

/**
 * Whether some worker looks after the queue.
 * @param pool  any login that may read pgboss.version
 */
export async function queueIsAlive(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query(
    `select coalesce(max(cron_on) > now() - make_interval(secs => $1), false) as alive from pgboss.version`,
    [ALIVE_WITHIN],
  );
  return rows[0].alive;
}
