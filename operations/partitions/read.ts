import type { Pool } from 'pg';

/** A partition of a table that is partitioned by time. */
export interface PartitionState {
  parent: string;
  partition: string;
  /** null: of the default one, and where a range has no end. */
  beginsAt: Date | null;
  endsAt: Date | null;
  /** By the last statistics; null when there are none. */
  estimatedRows: number | null;
  bytes: number;
  verdict: 'default' | 'current' | 'kept' | 'empty' | 'expired';
  reason: string;
}

/** Whether it is to be dropped. */
export const goes = ({ verdict }: PartitionState): boolean => verdict === 'empty' || verdict === 'expired';

/** Every partition, by table and time. @param pool  of worker or monitor */
export async function readPartitions(pool: Pick<Pool, 'query'>): Promise<PartitionState[]> {
  const { rows } = await pool.query<PartitionState>(
    `select parent, partition, begins_at as "beginsAt", ends_at as "endsAt", estimated_rows::float8 as "estimatedRows",
       bytes::float8 as bytes, verdict, reason
     from app_hidden.partition_states()`,
  );
  return rows;
}

/** Rows in default partitions by table, counted up to 100,000. @param pool  of monitor */
export async function readStrays(pool: Pick<Pool, 'query'>): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ parent: string; strays: number }>(
    'select parent, strays::float8 as strays from app_hidden.partition_strays() where strays > 0',
  );
  return Object.fromEntries(rows.map(({ parent, strays }) => [parent, strays]));
}

export interface Runway {
  parent: string;
  /** The end of the stretch of partitions without a gap that now is in; null when now has none. */
  until: Date | null;
}

/** Until when each table has partitions. */
export function runways(states: readonly PartitionState[], now = new Date()): Runway[] {
  return [...new Set(states.map(({ parent }) => parent))].map((parent) => {
    const own = states.filter((one) => one.parent === parent && one.verdict !== 'default');
    let until = own.find(
      ({ beginsAt, endsAt }) => (!beginsAt || beginsAt <= now) && (!endsAt || endsAt > now),
    )?.endsAt;
    for (;;) {
      const next = own.find(({ beginsAt }) => beginsAt && until && beginsAt.getTime() === until.getTime());
      if (!next) return { parent, until: until ?? null };
      until = next.endsAt;
    }
  });
}
