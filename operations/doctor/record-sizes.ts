import type pg from 'pg';
import { diskOf } from './disk.ts';
import { looking, placeOf } from './run.ts';

/** Seconds to ask where the data is. */
const TIMEOUT = 10;

export interface RecordedSizes {
  databaseBytes: number;
  /** Free on the disk of the database, where that is this machine's. */
  freeBytes: number | null;
  tables: number;
  partitions: number;
  indexes: number;
  /** Rows of history that were too old. */
  removed: number;
}

/**
 * Takes down the sizes of today: of the database, its tables, partitions and indexes, and what is free on its disk.
 * @param pool     of colloquy_monitor or colloquy_worker
 * @param dataDir  of an embedded database
 */
export async function recordSizes(pool: pg.Pool, dataDir: string): Promise<RecordedSizes> {
  const client = await pool.connect();
  let broken: boolean | Error = false;
  try {
    const { kind } = await placeOf(client);
    const disk = await looking(client, () => diskOf(client, kind, dataDir), TIMEOUT);
    const { rows } = await client.query<Record<string, string>>(
      'select * from app_hidden.record_sizes(of_disk => $1, free_on_disk => $2)',
      [disk?.bytes ?? null, disk?.free ?? null],
    );
    const { database_bytes, tables, partitions, indexes, removed } = rows[0]!;
    return {
      databaseBytes: Number(database_bytes),
      freeBytes: disk?.free ?? null,
      tables: Number(tables),
      partitions: Number(partitions),
      indexes: Number(indexes),
      removed: Number(removed),
    };
  } catch (error) {
    broken = error instanceof Error ? error : true;
    throw error;
  } finally {
    client.release(broken);
  }
}
