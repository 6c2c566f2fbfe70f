import type { Pool } from 'pg';
import { isConnectionLost } from '../../lib/connections/failures.ts';
import { describeError } from '../../lib/errors.ts';
import { figureOf, type Kind, type Scope } from './kinds.ts';

interface Turn {
  workspace: string | null;
  kinds: Kind[];
  /** The id to go on from, of the first kind. */
  after: string | null;
}

/** A batch that was deleted. */
export interface Batch {
  workspace: string | null;
  kind: Kind;
  rows: number;
  bytes: number;
}

export interface Limits {
  batchRows: number;
  /** Whether no further batch is to be begun. */
  isTimeUp(): boolean;
  onBatch?(batch: Batch): void;
}

export interface Problem {
  workspace: string | null;
  kind: Kind;
  error: string;
}

export interface Applied {
  /** Rows by kind, under the names of figures. */
  deleted: Record<string, number>;
  bytes: number;
  /** Workspaces that had something due. */
  workspaces: number;
  problems: Problem[];
  /** Whether all was looked at; else the next run goes on. */
  isDone: boolean;
}

/**
 * Deletes what is due, a batch of each workspace in turn: one with very much of it does not hold up the others. Each batch is a transaction,
 * so that whatever ends the process, what is done is done. What fails is left for the next run, and the rest goes on.
 * @param pool  of colloquy_worker
 */
export async function applyRetention(
  pool: Pick<Pool, 'query'>,
  scope: Scope,
  { batchRows, isTimeUp, onBatch }: Limits,
): Promise<Applied> {
  const { rows: work } = await pool.query<{ workspace_id: string | null; kinds: Kind[] }>(
    'select workspace_id, kinds::text[] from app_hidden.find_retention_work(of_kind => $1, of_workspace => $2)',
    [scope.kind ?? null, scope.workspace ?? null],
  );
  const result: Applied = { deleted: {}, bytes: 0, workspaces: work.length, problems: [], isDone: true };
  const turns: Turn[] = work.map(({ workspace_id, kinds }) => ({
    workspace: workspace_id,
    kinds,
    after: null,
  }));
  for (let turn = turns.shift(); turn; turn = turns.shift()) {
    if (isTimeUp()) return { ...result, isDone: false };
    const kind = turn.kinds[0]!;
    let isDone = true;
    try {
      const { rows } = await pool.query<{
        removed: number;
        bytes: string;
        last_id: string | null;
        is_done: boolean;
      }>(
        'select * from app_hidden.apply_retention(of_kind => $1, of_workspace => $2, after_id => $3, max_rows => $4)',
        [kind, turn.workspace, turn.after, batchRows],
      );
      const step = rows[0]!;
      isDone = step.is_done;
      turn.after = step.last_id;
      if (step.removed > 0) {
        const batch = {
          workspace: turn.workspace,
          kind,
          rows: step.removed,
          bytes: Number(step.bytes),
        };
        const name = figureOf(kind);
        result.deleted[name] = (result.deleted[name] ?? 0) + batch.rows;
        result.bytes += batch.bytes;
        onBatch?.(batch);
      }
    } catch (error) {
      if (isConnectionLost(error)) throw error;
      result.problems.push({ workspace: turn.workspace, kind, error: describeError(error) });
    }
    if (isDone) {
      turn.kinds.shift();
      turn.after = null;
    }
    if (turn.kinds.length > 0) turns.push(turn);
  }
  return result;
}
