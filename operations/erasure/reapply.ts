import type { Pool } from 'pg';
import { type ErasureStore, type ListedErasure, mergeErasures } from './list.ts';
import { runErasures } from './run.ts';

/**
 * Erases people again who are back in a copy of an older moment. Bytes of files are left: they may be those of the original.
 * @param pool  acts as colloquy_owner
 * @param also  a list besides those of the stores
 * @returns how many people it were
 * @throws CQ762 under a legal hold, CQ763 when the list does not follow on that of the copy
 */
export async function reapplyErasures(
  pool: Pool,
  stores: readonly ErasureStore[],
  also: ListedErasure[] = [],
): Promise<number> {
  const lists = await Promise.all(stores.map((store) => store.read()));
  const list = mergeErasures([...lists, also]);
  const { rows: before } = await pool.query<{ count: string }>(
    'select app_hidden.import_erasures($1) as count',
    [JSON.stringify(list)],
  );
  if (Number(before[0]!.count) > 0) await pool.query('select app_hidden.reapply_erasures(at_once => false)');
  const { finished } = await runErasures(pool);
  return finished;
}
