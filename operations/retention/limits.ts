import type { Pool } from 'pg';

/** How far a run goes, as the settings say. */
export interface RetentionLimits {
  minutes: number;
  batchRows: number;
  isReplica: boolean;
  /** Whether there is the workspace that was asked for. */
  isKnown: boolean;
  /** When the last run began, whatever came of it. */
  lastRunAt: Date | null;
}

/** @param pool  of colloquy_worker */
export async function retentionLimits(
  pool: Pick<Pool, 'query'>,
  workspace?: string,
): Promise<RetentionLimits> {
  const { rows } = await pool.query<RetentionLimits>(
    `select minutes::float8, batch_rows as "batchRows", is_replica as "isReplica", is_known as "isKnown",
       last_run_at as "lastRunAt"
     from app_hidden.retention_limits(of_workspace => $1)`,
    [workspace ?? null],
  );
  return rows[0]!;
}
