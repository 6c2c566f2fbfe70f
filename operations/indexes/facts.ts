import type { Pool } from 'pg';

/** An index as app_hidden.index_health() tells of it. Numbers of bytes and rows are exact up to 2^53. */
export interface IndexHealth {
  index: string;
  table: string;
  method: string;
  versionId: string | null;
  version: string | null;
  dimensions: number | null;
  isValid: boolean;
  isLeftover: boolean;
  /** Something is built on its table, or its table is locked, by another session. */
  isBusy: boolean;
  bytes: number;
  /** What a new one would take at least; null where that is not known. */
  neededBytes: number | null;
  rows: number;
  deadRows: number;
  rebuiltAt: Date | null;
}

/** Why an index is rebuilt. */
export type Reason = 'invalid' | 'dead rows' | 'recall' | 'bloat' | 'asked for';

export interface Rebuild
  extends Pick<
    IndexHealth,
    'index' | 'table' | 'method' | 'versionId' | 'dimensions' | 'bytes' | 'rows' | 'deadRows'
  > {
  reason: Reason;
}

type Querying = Pick<Pool, 'query'>;

/** Every index of Colloquy's tables and partitions. @param pool  of owner, worker or monitor */
export async function readIndexes(pool: Querying): Promise<IndexHealth[]> {
  const { rows } = await pool.query<IndexHealth>(`
    select index_name as index, table_name as table, method, version_id as "versionId", version_name as version, dimensions,
      is_valid as "isValid", is_leftover as "isLeftover", is_busy as "isBusy", bytes::float8, needed_bytes::float8 as "neededBytes",
      row_count::float8 as rows, dead_rows::float8 as "deadRows", rebuilt_at as "rebuiltAt"
    from app_hidden.index_health() order by index_name`);
  return rows;
}

/** What the settings say ought to be rebuilt, the most urgent first. */
export async function readDue(pool: Querying): Promise<Rebuild[]> {
  const { rows } = await pool.query<Rebuild>(`
    select index_name as index, table_name as table, method, version_id as "versionId", dimensions, reason, bytes::float8, row_count::float8 as rows,
      dead_rows::float8 as "deadRows"
    from app_hidden.indexes_to_rebuild()`);
  return rows;
}

/** The share of an index that holds nothing, by estimate: 0 to 1. */
export function wasteOf({ bytes, neededBytes }: Pick<IndexHealth, 'bytes' | 'neededBytes'>): number {
  if (neededBytes === null || bytes === 0) return 0;
  return Math.max(0, (bytes - neededBytes) / bytes);
}

/** Megabytes that the build of a vector index needs to stay in memory: 1.8 KB a row at 512 dimensions, two bytes a dimension. */
export function buildMemory({
  method,
  rows,
  dimensions,
}: Pick<Rebuild, 'method' | 'rows' | 'dimensions'>): number {
  if (method !== 'hnsw' && method !== 'ivfflat') return 64;
  return Math.ceil((rows * (800 + 2 * (dimensions ?? 512))) / 2 ** 20);
}
