import type { Pool } from 'pg';
import { type ConstructorOptions, type Db, PgBoss } from 'pg-boss';
import { log } from './log.ts';

/** pg-boss over one of our pools, so that the embedded database's single session is shared in turn as by everybody. */
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
  boss.on('error', (error) => log.error({ err: error }, 'queue'));
  return boss;
}
