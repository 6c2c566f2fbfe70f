import type { Pool } from 'pg';

/** How far a run goes, as the settings say. */
export interface RetentionLimits {
  minutes: number;
  batchRows: number;
  isReplica: boolean;
  /** Whether there is the workspace that was asked for. */
  isKnown: boolean;
  /** Whether a run should only look: it is the first one, or comes a day and a half after one that did more than look. */
  isUnsure: boolean;
}

/** @param pool  of colloquy_worker */
export async function retentionLimits(
  pool: Pick<Pool, 'query'>,
  workspace?: string,
): Promise<RetentionLimits> {
  const { rows } = await pool.query<RetentionLimits>(
    `select minutes::float8, batch_rows as "batchRows", is_replica as "isReplica", is_known as "isKnown",
       coalesce(last_run_at < now() - interval '36 hours' and not exists (
         select from app_hidden.maintenance_runs r
         where r.task = 'retention' and r.started_at = last_run_at and r.details ? 'due'
       ), true) as "isUnsure"
     from app_hidden.retention_limits(of_workspace => $1)`,
    [workspace ?? null],
  );
  return rows[0]!;
}
