import type { Database } from '../../lib/database.ts';

/**
 * The sessions of this database, and of no other on the server, that wait for a lock now, as process ids.
 * @param kind  as pg_stat_activity names it: relation, transactionid, tuple, advisory. Default: any.
 */
export async function lockWaiters(database: Database, kind?: string): Promise<number[]> {
  const { rows } = await database.pool('admin').query(
    `select pid from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and ($1::text is null or wait_event = $1)`,
    [kind ?? null],
  );
  return rows.map((row) => row.pid);
}
