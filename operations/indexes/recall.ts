import type { Pool } from 'pg';

/** The share of the nearest passages that searches find, of a version in workspaces of a size. */
export interface Recall {
  version: string;
  size: string;
  recall: number;
  objective: number;
  queries: number;
}

/**
 * Measures the recall of versions, as the daily job does, and keeps the figures where it does.
 * @param pool  of the worker
 */
export async function measureVersions(
  pool: Pool,
  versionIds: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<Recall[]> {
  const measured: Recall[] = [];
  const { rows: targets } = await pool.query<{
    version_id: string;
    version_name: string;
    size_class: string;
  }>('select * from app_hidden.recall_to_measure()');
  for (const target of targets.filter(({ version_id }) => versionIds.has(version_id))) {
    if (signal?.aborted) break;
    const { rows } = await pool.query<Omit<Recall, 'version' | 'size'>>(
      'select round(recall::numeric, 4)::float8 as recall, round(objective::numeric, 4)::float8 as objective, queries from app_hidden.measure_recall($1, $2)',
      [target.version_id, target.size_class],
    );
    if (rows[0]) measured.push({ version: target.version_name, size: target.size_class, ...rows[0] });
  }
  return measured;
}
