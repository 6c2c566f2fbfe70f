import type { Database } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { until } from './users.ts';

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

/** Does what gives up when somebody else, as a vacuum, has the lock that it needs (55P03), until it has its turn. */
export async function untilUnlocked(work: () => Promise<unknown>): Promise<void> {
  await until(async () => {
    try {
      await work();
      return true;
    } catch (error) {
      if (errorCode(error) !== '55P03') throw error;
      return false;
    }
  });
}
