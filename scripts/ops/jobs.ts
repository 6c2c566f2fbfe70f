import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Pool } from 'pg';
import { FINDINGS, print, say, UsageError } from '../../lib/cli.ts';
import { env } from '../../lib/env.ts';
import {
  demandWorker,
  findJob,
  findJobs,
  retryJobs,
  sendJob,
  waitForJob,
} from '../../operations/jobs/control.ts';
import { jobOverview } from '../../operations/jobs/overview.ts';
import { openPrepared } from '../shared/prepared-database.ts';
import { failureOf, printJob, printJobs, printOverview, printRuns, type Run } from './jobs/print.ts';

interface Json {
  json?: boolean;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Failed jobs that are tried again at once. */
const MOST_RETRIED = 10_000;

/** Runs a command as colloquy_worker, which owns nothing and sees no tenant’s content but by the jobs it has. */
async function asWorker(work: (pool: Pool) => Promise<void>): Promise<void> {
  const { database } = await openPrepared(env.DATA_DIR, 'worker');
  try {
    await work(database.pool('worker'));
  } finally {
    await database.close();
  }
}

const printJson = (value: unknown): void => print(JSON.stringify(value));

function readSeconds(value: string): number {
  const seconds = Number(value);
  if (!(seconds > 0)) throw new InvalidArgumentError('It is a number of seconds.');
  return seconds;
}

async function list({ all, json }: Json & { all?: boolean }): Promise<void> {
  await asWorker(async (pool) => {
    const jobs = await jobOverview(pool, all);
    if (json) for (const job of jobs) printJson(job);
    else printOverview(jobs);
    if (jobs.some(({ outcome }) => outcome === 'failed')) process.exitCode = FINDINGS;
  });
}

async function show(what: string, { json }: Json): Promise<void> {
  await asWorker(async (pool) => {
    if (ID.test(what)) {
      const job = await findJob(pool, what);
      return json ? printJson(job) : printJob(job);
    }
    if (what === 'failed') {
      const jobs = await findJobs(pool, {});
      if (jobs.length > 0) process.exitCode = FINDINGS;
      if (json) for (const job of jobs) printJson(job);
      else if (jobs.length === 0) print('No job failed.');
      else printJobs(jobs);
      return;
    }
    const { rows } = await pool.query<Run>(
      `select outcome, started_at, finished_at, details, error
       from app_hidden.maintenance_runs where task = $1 order by started_at desc limit 20`,
      [what],
    );
    if (json) for (const run of rows) printJson(run);
    else if (rows.length === 0) print(`No run of "${what}" was taken down.`);
    else printRuns(rows);
  });
}

async function run(name: string, options: Json & { wait?: boolean; timeout: number }): Promise<void> {
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort(new Error('Ended; the job goes on.')));
  await asWorker(async (pool) => {
    if (options.wait) await demandWorker(pool);
    const id = await sendJob(pool, name);
    if (!options.wait) {
      if (options.json) printJson({ id, queue: name });
      else print(`${name} is sent: ${id}`);
      return;
    }
    say(`${name} is sent: ${id}`);
    const job = await waitForJob(pool, id, { seconds: options.timeout, signal: ending.signal });
    if (job.state !== 'completed') process.exitCode = FINDINGS;
    if (options.json) printJson(job);
    else printJob(job);
  });
}

async function retry(
  id: string | undefined,
  options: Json & { failed?: boolean; queue?: string; dryRun?: boolean },
): Promise<void> {
  if ((id === undefined) === (options.failed !== true)) {
    throw new UsageError('CQ640', 'It wants the id of a job, or --failed.', {
      hint: 'npm run ops -- jobs show failed lists them.',
    });
  }
  if (id !== undefined && !ID.test(id)) throw new UsageError('CQ640', `"${id}" is not the id of a job.`);
  await asWorker(async (pool) => {
    const found =
      id === undefined
        ? await findJobs(pool, { queue: options.queue, most: MOST_RETRIED })
        : [await findJob(pool, id)];
    const failed = found.filter(({ state }) => state === 'failed');
    const retried = options.dryRun ? 0 : await retryJobs(pool, failed);
    if (options.json) printJson({ failed: failed.length, retried });
    else if (options.dryRun) print(`${failed.length} jobs would be tried again.`);
    else print(`${retried} jobs are tried again.`);
    for (const job of options.dryRun && !options.json ? failed.slice(0, 20) : [])
      print(`  ${job.id} ${job.queue}: ${failureOf(job)}`);
  });
}

/** Pauses or resumes, and says what came of it. */
async function steer(
  sql: string,
  values: unknown[],
  words: { done: string; was: string },
  json?: boolean,
): Promise<void> {
  await asWorker(async (pool) => {
    const { rows } = await pool.query<{ changed: boolean }>(sql, values);
    const { changed } = rows[0]!;
    if (json) printJson({ queue: values[0], changed });
    else print(`${values[0]} ${changed ? words.done : words.was}`);
  });
}

/** `npm run ops -- jobs`: what background jobs did and will do, and the hand on them. */
export function addJobs(ops: Command): void {
  const jobs = ops
    .command('jobs')
    .description('what background jobs did and when they run next; run, pause, resume and retry them')
    .addHelpText(
      'after',
      `
What a person does here is in the audit log of the installation, with the login that was used. Guide: docs/operations/jobs.md

Examples:
  npm run ops -- jobs list
  npm run ops -- jobs run refresh-analytics --wait
  npm run ops -- jobs pause cleanup-files --reason "the storage is being moved"
  npm run ops -- jobs show failed
  npm run ops -- jobs retry --failed --dry-run`,
    );
  jobs
    .command('list', { isDefault: true })
    .description(
      'each scheduled job: its last run, what it did, and the next one; exit code 1 when a last run failed',
    )
    .option('--all', 'also jobs that no schedule sends')
    .option('--json', 'one JSON object a line')
    .action(list);
  jobs
    .command('show <what>')
    .description('a job by its id, the failed ones (failed), or the last runs of a job by its name')
    .option('--json', 'one JSON object a line')
    .action(show);
  jobs
    .command('run <name>')
    .description('send a scheduled job now')
    .option('--wait', 'wait for its end and print what it did; exit code 1 when it failed')
    .option('--timeout <seconds>', 'how long to wait', readSeconds, 600)
    .option('--json', 'JSON')
    .action(run);
  jobs
    .command('pause <name>')
    .description('have no worker take it and its schedule send none, until resumed; one that runs goes on')
    .option('--reason <text>', 'why, for whoever looks at the list')
    .option('--json', 'JSON')
    .action((name: string, { reason, json }: Json & { reason?: string }) =>
      steer(
        'select app_hidden.pause_job(of_queue => $1, reason => $2) as changed',
        [name, reason ?? null],
        { done: 'is paused: workers leave it alone within a few seconds', was: 'was paused before' },
        json,
      ),
    );
  jobs
    .command('resume <name>')
    .description('end the pause of a job')
    .option('--json', 'JSON')
    .action((name: string, { json }: Json) =>
      steer(
        'select app_hidden.resume_job(of_queue => $1) as changed',
        [name],
        { done: 'is resumed', was: 'was not paused' },
        json,
      ),
    );
  jobs
    .command('retry [id]')
    .description('have a failed job tried again, or all that failed')
    .option('--failed', 'all that failed')
    .option('--queue <name>', 'of those, only this job’s')
    .option('--dry-run', 'say which, and change nothing')
    .option('--json', 'JSON')
    .action(retry);
}
