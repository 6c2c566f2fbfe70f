import type { Pool } from 'pg';
import { figureOf, type Kind, type Scope } from './kinds.ts';

/** What is due of a kind in a workspace, and why. */
export interface Due {
  /** Null: what belongs to no workspace. */
  workspace: string | null;
  kind: Kind;
  keepDays: number | null;
  decidedBy: 'hold' | 'workspace' | 'system' | 'nothing';
  before: Date | null;
  rows: number;
  bytes: number;
  oldestAt: Date | null;
  /** Monthly partitions; null for a kind that has none. */
  partitions: number | null;
}

interface Row {
  workspace_id: string | null;
  kind: Kind;
  keep_days: number | null;
  decided_by: Due['decidedBy'];
  due_before: Date | null;
  row_count: string;
  bytes: string;
  oldest_at: Date | null;
  partitions: number | null;
}

/**
 * What a run would delete now: where something is due; of one workspace each kind.
 * @param pool  of colloquy_worker
 */
export async function previewRetention(pool: Pick<Pool, 'query'>, scope: Scope): Promise<Due[]> {
  const { rows } = await pool.query<Row>(
    'select * from app_hidden.retention_report(of_kind => $1, of_workspace => $2)',
    [scope.kind ?? null, scope.workspace ?? null],
  );
  return rows.map((row) => ({
    workspace: row.workspace_id,
    kind: row.kind,
    keepDays: row.keep_days,
    decidedBy: row.decided_by,
    before: row.due_before,
    rows: Number(row.row_count),
    bytes: Number(row.bytes),
    oldestAt: row.oldest_at,
    partitions: row.partitions,
  }));
}

/** Rows by kind, under the names of figures. */
export function countDue(due: Due[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, rows } of due) {
    const name = figureOf(kind);
    if (rows > 0) counts[name] = (counts[name] ?? 0) + rows;
  }
  return counts;
}
