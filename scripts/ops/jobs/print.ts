import { print, table } from '../../../lib/cli.ts';
import type { QueueJob } from '../../../operations/jobs/control.ts';
import type { JobOverview } from '../../../operations/jobs/overview.ts';

/** A moment as it is read: to the second, in UTC. */
export const moment = (date: Date | null): string =>
  date ? date.toISOString().slice(0, 19).replace('T', ' ') : '';

function took(started: Date | null, finished: Date | null): string {
  if (!started || !finished) return '';
  const seconds = (finished.getTime() - started.getTime()) / 1000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

/** Most characters of what a run did in a column. */
const WIDTH = 60;

/** The figures of a run that are more than nothing: `sent 3, failed 1`. */
export function figures(details: unknown): string {
  const parts: string[] = [];
  const add = (name: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [inner, one] of Object.entries(value)) add(name ? `${name}.${inner}` : inner, one);
    } else if (Array.isArray(value) ? value.length > 0 : Boolean(value)) {
      parts.push(`${name} ${Array.isArray(value) ? value.length : value}`);
    }
  };
  add('', details);
  return parts.join(', ');
}

const shortened = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
};

function state(job: JobOverview): string {
  if (job.pausedAt) return 'paused';
  if (job.runningSince) return 'runs';
  return job.outcome ?? 'never ran';
}

export function printOverview(jobs: readonly JobOverview[]): void {
  const rows = jobs.map((job) => [
    job.queue,
    job.schedules.join(' | ') || '-',
    state(job),
    moment(job.startedAt),
    took(job.startedAt, job.finishedAt),
    job.waiting ? String(job.waiting) : '',
    job.failedInADay ? String(job.failedInADay) : '',
    moment(job.nextAt),
    shortened(job.error ?? figures(job.details)),
  ]);
  print(
    table([
      [
        'job',
        'schedule',
        'state',
        'last run (UTC)',
        'took',
        'waiting',
        'failed/day',
        'next run (UTC)',
        'did',
      ],
      ...rows,
    ]),
  );
  for (const job of jobs.filter(({ pausedAt }) => pausedAt)) {
    const why = job.pauseReason ? `: ${job.pauseReason}` : '';
    print(`\n${job.queue} is paused since ${moment(job.pausedAt)} by ${job.pausedBy}${why}`);
  }
}

/** The error of a job that failed, in whichever form it was written. */
export function failureOf({ output }: QueueJob): string {
  if (typeof output !== 'object' || output === null) return '';
  const { error, message, value } = output as {
    error?: unknown;
    message?: unknown;
    value?: { message?: unknown };
  };
  return String(error ?? message ?? value?.message ?? '');
}

export function printJobs(jobs: readonly QueueJob[]): void {
  const rows = jobs.map((job) => [
    job.id,
    job.queue,
    job.state,
    String(job.attempts),
    moment(job.finished_at ?? job.started_at ?? job.created_at),
    shortened(failureOf(job)),
  ]);
  print(table([['id', 'job', 'state', 'attempts', 'when (UTC)', 'why'], ...rows]));
}

/** One job, whole. */
export function printJob(job: QueueJob): void {
  const lines = {
    job: job.queue,
    id: job.id,
    state: job.state,
    attempts: String(job.attempts),
    sent: moment(job.created_at),
    began: moment(job.started_at),
    ended: moment(job.finished_at),
    payload: JSON.stringify(job.input),
    result: job.state === 'failed' ? failureOf(job) : JSON.stringify(job.output),
  };
  for (const [name, value] of Object.entries(lines)) if (value) print(`${name.padEnd(9)} ${value}`);
}

export interface Run {
  outcome: string;
  started_at: Date;
  finished_at: Date;
  details: unknown;
  error: string | null;
}

export function printRuns(runs: readonly Run[]): void {
  const rows = runs.map((run) => [
    moment(run.started_at),
    took(run.started_at, run.finished_at),
    run.outcome,
    shortened(run.error ?? figures(run.details)),
  ]);
  print(table([['began (UTC)', 'took', 'outcome', 'did'], ...rows]));
}
