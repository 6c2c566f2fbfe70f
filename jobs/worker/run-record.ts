import { outage } from '../../lib/connections/outage.ts';
import type { JobContext, JobDefinition } from '../job.ts';

type RunOutcome = 'succeeded' | 'failed' | 'stopped' | 'skipped';

/** A run of a scheduled job, which ends up in app_hidden.maintenance_runs. */
export interface RunRecord {
  /** Why a job that reaches outside must not, here and now. */
  quarantine: string | null;
  /** Another run of the job is at work, and it may have only one. */
  isRefused: boolean;
  /** It deletes by the time, and the last run is so long ago that the clock may have jumped. */
  isUnsure: boolean;
  end(outcome: RunOutcome, details: object, error?: string): Promise<void>;
}

type Scheduled = Pick<JobDefinition<unknown>, 'queue' | 'reachesOut' | 'mayOverlap' | 'lookAfter'>;

/** Whether any figure of what a job did is more than nothing. */
export function didSomething(output: unknown): boolean {
  if (Array.isArray(output)) return output.length > 0;
  if (typeof output === 'object' && output !== null) return Object.values(output).some(didSomething);
  return Boolean(output);
}

/** Sweeps, which would leave a row a minute. */
const isFrequent = ({ queue }: Scheduled): boolean =>
  Object.values(queue.schedules ?? {}).some(({ cron }) => cron.startsWith('*'));

/** Says in the database that a scheduled job begins; of others nothing is taken down. */
export async function beginRun(
  { pool, log, environment }: Pick<JobContext, 'pool' | 'log' | 'environment'>,
  definition: Scheduled,
  jobId: string,
): Promise<RunRecord | undefined> {
  const { name, schedules } = definition.queue;
  if (!schedules) return undefined;
  const { rows } = await pool.query<{ begun: boolean; quarantine: string | null; is_unsure: boolean | null }>(
    `select app_hidden.begin_run(run_task => $1, of_job => $2, may_overlap => $5) as begun,
       case when $3 then app_hidden.quarantine(for_environment => $4) end as quarantine,
       (select r.started_at < now() - $6 * interval '1 ms' and r.details -> 'isUnsure' is null
        from app_hidden.maintenance_runs r where r.task = $1 order by r.started_at desc limit 1) as is_unsure`,
    [
      name,
      jobId,
      definition.reachesOut ?? false,
      environment ?? null,
      definition.mayOverlap ?? false,
      definition.lookAfter ?? null,
    ],
  );
  return {
    quarantine: rows[0]?.quarantine ?? null,
    isRefused: rows[0]?.begun === false,
    isUnsure: rows[0]?.is_unsure === true,
    async end(outcome, details, error) {
      try {
        await pool.query(
          `select app_hidden.end_run(
             run_task => $1, of_job => $2, run_outcome => $3, run_details => $4, run_error => $5, is_recorded => $6)`,
          [
            name,
            jobId,
            outcome,
            details,
            error ?? null,
            !isFrequent(definition) || (outcome !== 'skipped' && didSomething(details)),
          ],
        );
      } catch (failure) {
        // what came of the job matters more than that it could not be written down
        if (!outage.failed(failure, 'jobs')) log.warn({ err: failure }, 'the run could not be taken down');
      }
    },
  };
}
