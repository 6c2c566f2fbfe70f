import { errorCode } from '../lib/errors.ts';
import { type Maintainer, maintaining } from '../operations/indexes/session.ts';
import type { JobContext } from './job.ts';

/** What keeps a job of maintenance from its work and is no failure: another at work, missing rights, a pooler. */
const REASONS: Record<string, string> = {
  CQ650: 'another runs',
  CQ651: 'colloquy_maintenance lacks pg_maintain',
  CQ652: 'the worker comes through a pooler',
};

export interface Limits {
  /** Whether nothing more is to be begun. */
  isTimeUp(): boolean;
  /** Megabytes for the build of one index. */
  memory: number;
}

/**
 * Gives a job a session that maintains, for as long as the setting maintenance_minutes says. On a replica, and where it may not work,
 * it returns why.
 */
export async function maintainingAsWorker(
  { pool, log, signal }: JobContext,
  task: string,
  work: (maintainer: Maintainer, limits: Limits) => Promise<object>,
): Promise<object> {
  const { rows } = await pool.query(
    'select minutes::float8, memory_mb as memory, is_replica as "isReplica" from app_hidden.maintenance_limits()',
  );
  if (rows[0].isReplica) return { skipped: 'this is a replica' };
  const end = Date.now() + rows[0].minutes * 60_000;
  try {
    return await maintaining(pool, { task, role: 'colloquy_maintenance' }, (maintainer) =>
      work(maintainer, { isTimeUp: () => signal.aborted || Date.now() >= end, memory: rows[0].memory }),
    );
  } catch (error) {
    const reason = REASONS[errorCode(error) ?? ''];
    if (!reason) throw error;
    if (errorCode(error) !== 'CQ650')
      log.warn({ task }, `maintenance is not done: ${reason}; docs/operations/indexes.md`);
    return { skipped: reason };
  }
}
