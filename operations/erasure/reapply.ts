import type { Pool } from 'pg';
import { inTransaction } from '../../lib/database.ts';
import { type ErasureStore, type ListedErasure, mergeErasures } from './list.ts';
import { runErasures } from './run.ts';

/**
 * Erases people again who are back in a copy of an older moment. Bytes of files are left: they may be those of the original.
 * @param pool  acts as colloquy_owner
 * @param also  a list besides those of the stores
 * @param dryRun  only says how many it would be
 * @returns how many people it were
 * @throws CQ762 under a legal hold, CQ763 when the list does not follow on that of the copy
 */
export async function reapplyErasures(
  pool: Pool,
  stores: readonly ErasureStore[],
  also: ListedErasure[] = [],
  { dryRun = false } = {},
): Promise<number> {
  const lists = await Promise.all(stores.map((store) => store.read()));
  const list = mergeErasures([...lists, also]);
  const count = await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ count: string }>('select app_hidden.import_erasures($1) as count', [
      JSON.stringify(list),
    ]);
    if (dryRun) await client.query('rollback and chain');
    return Number(rows[0]!.count);
  });
  if (dryRun) return count;
  if (count > 0) await pool.query('select app_hidden.reapply_erasures()');
  const { finished } = await runErasures(pool);
  return finished;
}
