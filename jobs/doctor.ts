import { z } from 'zod';
import { figuresOf } from '../operations/doctor/figures.ts';
import { findingsOf, runDoctor } from '../operations/doctor/run.ts';
import type { JobContext, JobDefinition } from './job.ts';
import { DAILY } from './queue-options.ts';

/** Findings of which the log has a line each; the others are counted. */
const LOGGED = 50;

/** Looks at the whole database once a day, says in the log what it finds, and returns the counts. */
async function handle({ pool, log }: JobContext): Promise<object> {
  const report = await runDoctor(pool, { database: 'this database', lanes: 1 });
  for (const { severity, ...finding } of findingsOf(report, 'warning').slice(0, LOGGED)) {
    const line = { event: 'doctor_finding', check: finding.name, severity, ...finding };
    if (severity === 'error') log.error(line, 'the doctor found something to be mended');
    else log.warn(line, 'the doctor found something to be looked at');
  }
  return figuresOf(report);
}

export const doctor: JobDefinition<object> = {
  queue: { name: 'doctor', policy: 'exclusive', ...DAILY, schedules: { daily: { cron: '30 5 * * *' } } },
  payload: z.object({}),
  batchSize: 1,
  handle,
};
