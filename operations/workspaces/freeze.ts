import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../lib/database.ts';
import { inTransaction } from '../../lib/database.ts';

/** Milliseconds. */
const POLL = 100;

/**
 * Lets nobody write in a workspace any more, and waits for the transactions that were writing then: what they wrote is in an export that
 * begins afterwards.
 * @returns since when nobody writes
 * @throws ColloquyError CQ687 when there is no such workspace
 */
export async function freezeWorkspace(database: Database, id: string, signal?: AbortSignal): Promise<Date> {
  const pool = database.pool('owner');
  const { at, transaction } = await inTransaction(pool, async (client) => {
    const { rows } = await client.query(
      'select app_private.freeze_workspace($1, true) as at, pg_current_xact_id()::text as transaction',
      [id],
    );
    return rows[0];
  });
  for (;;) {
    const { rows } = await pool.query(
      'select pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 as "isOver"',
      [transaction],
    );
    if (rows[0].isOver) return at;
    await delay(POLL, undefined, signal ? { signal } : {});
  }
}

/** Lets its members write again. @throws ColloquyError CQ687 when there is no such workspace */
export async function thawWorkspace(database: Database, id: string): Promise<void> {
  await database.pool('owner').query('select app_private.freeze_workspace($1, false)', [id]);
}
