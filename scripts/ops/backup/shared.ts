import { FINDINGS, print, say, UsageError } from '../../../lib/cli.ts';
import { type Database, openDatabase } from '../../../lib/database.ts';
import { env } from '../../../lib/env.ts';
import { errorCode } from '../../../lib/errors.ts';
import { openStorage } from '../../../lib/open-storage.ts';
import { formatBytes } from '../../../lib/progress.ts';
import type { BackupContext } from '../../../operations/backup/take.ts';
import { type RunResult, recorded } from '../../../operations/run.ts';
import { backupPlaces } from '../../shared/backup-places.ts';
import { stoppable } from '../../shared/stoppable.ts';

/** Runs a command with a signal that SIGINT and SIGTERM give: it then leaves nothing half, and ends. */
export const interruptible = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  stoppable(work, (name) => {
    say(`Stopped by ${name}; nothing half is left.`);
    return new Error(`Stopped by ${name}.`);
  });

/** Works with the database that the environment names, whatever its migrations: the time for a backup is before they are applied. */
export async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase({ join: true });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** The places of backups, and where is said what is done. */
export async function placesOfEnvironment(): Promise<
  Pick<BackupContext, 'target' | 'keys' | 'staging' | 'say'>
> {
  return { ...(await backupPlaces()), say };
}

/** What backups are made with, as the environment says. */
export async function backupContext(database: Database, signal: AbortSignal): Promise<BackupContext> {
  return {
    ...(await placesOfEnvironment()),
    database,
    storage: openStorage(env.DATA_DIR),
    signal,
  };
}

/** The number of an option. */
export function wholeNumber(text: string, option: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError('CQ200', `${option} is no "${text}".`, {
    hint: `Give a whole number from ${least} to ${most}.`,
  });
}

/** Milliseconds between two lines of progress. */
const BETWEEN = 5_000;

/** Says every few seconds how much of the database was read. */
export function sayProgress(): (done: number, total: number) => void {
  let last = Date.now();
  return (done, total) => {
    if (Date.now() - last < BETWEEN) return;
    last = Date.now();
    say(`${Math.floor((100 * done) / Math.max(total, 1))} %  ${formatBytes(done)} of ${formatBytes(total)}`);
  };
}

/** A schema or a function that is not there yet. */
const BEFORE_MIGRATION = new Set(['42883', '3F000', '42P01']);

/** As recorded(), for databases of an earlier version, too: what cannot be taken down there is said. */
export async function recordedWhereItCan<T extends RunResult>(
  database: Database,
  task: string,
  work: () => Promise<T>,
): Promise<T> {
  let result: T | undefined;
  try {
    return await recorded(database.pool('backup'), task, async () => {
      result = await work();
      return result;
    });
  } catch (error) {
    if (result === undefined || !BEFORE_MIGRATION.has(errorCode(error) ?? '')) throw error;
    say('This run was not taken down: the database is not migrated to this version.');
    return result;
  }
}

/**
 * As recorded(), of what runs every minute: each failure, and a success an hour.
 */
export async function recordedNowAndThen<T extends RunResult>(
  database: Database,
  task: string,
  work: () => Promise<T>,
): Promise<T> {
  const { rows } = await database.pool('backup').query<{ is_due: boolean }>(
    `select not exists (
       select from app_hidden.maintenance_runs r
       where r.task = $1 and r.outcome = 'succeeded' and r.started_at > clock_timestamp() - interval '1 hour'
     ) as is_due`,
    [task],
  );
  if (rows[0]!.is_due) return recorded(database.pool('backup'), task, work);
  return work().catch((error) => recorded(database.pool('backup'), task, () => Promise.reject(error)));
}

/** Prints what a command came to, and what it found: exit code 1 then. */
export function report(
  result: object,
  lines: readonly string[],
  findings: readonly string[],
  json = false,
): void {
  if (json) print(JSON.stringify({ ...result, findings }, null, 2));
  else for (const line of [...lines, ...findings]) print(line);
  if (findings.length > 0) process.exitCode = FINDINGS;
}
