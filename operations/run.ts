import type { Pool } from 'pg';
import { describeError } from '../lib/errors.ts';

/** What a run came to; `details` are figures, named by the task. */
export interface RunResult {
  outcome?: 'succeeded' | 'stopped' | 'skipped';
  details: Record<string, unknown>;
}

/**
 * Does a task of maintenance and takes it down in app_hidden.maintenance_runs, also when it fails.
 * @param pool  of a role that may call app_hidden.record_run: worker, monitor, backup
 * @param task  as `ops jobs` and the checks name it
 * @returns what the work returned
 * @throws what the work throws, after it was taken down
 */
export async function recorded<T extends RunResult>(
  pool: Pick<Pool, 'query'>,
  task: string,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = new Date();
  const record = (outcome: string, details: object, error: string | null): Promise<unknown> =>
    pool.query('select app_hidden.record_run($1, $2, $3, $4, $5)', [
      task,
      startedAt,
      outcome,
      details,
      error,
    ]);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // the reason of the failure matters more than that it could not be written down
    await record('failed', {}, describeError(error)).catch(() => {});
    throw error;
  }
  await record(result.outcome ?? 'succeeded', result.details, null);
  return result;
}
