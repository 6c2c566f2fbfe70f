import { queues } from '../../jobs/registry.ts';
import type { Database } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { committedMigrations, type MigrationStatus, migrationStatus } from '../../lib/migrations.ts';
import { type Drift, findDrift } from './drift.ts';
import { type Environment, readEnvironment } from './mark.ts';

export interface Status extends MigrationStatus {
  database: string;
  environment: Environment;
  /** Undefined when it was not looked at: migrations are pending, or it was not wanted. */
  drift: Drift[] | undefined;
  /** Queues that a migration would make. */
  missingQueues: string[];
  upToDate: boolean;
}

async function missingQueues(database: Database): Promise<string[]> {
  const wanted = queues.map((queue) => queue.name);
  try {
    const { rows } = await database.pool('admin').query<{ name: string }>('select name from pgboss.queue');
    const present = new Set(rows.map((row) => row.name));
    return wanted.filter((name) => !present.has(name));
  } catch (error) {
    // no schema, no table yet
    if (errorCode(error) !== '42P01' && errorCode(error) !== '3F000') throw error;
    return wanted;
  }
}

/** Everything that is known about a database without changing it. */
export async function readStatus(database: Database, options: { drift: boolean }): Promise<Status> {
  const migrations = await migrationStatus(database.pool('admin'));
  const isCurrent = migrations.pending.length + migrations.unknown.length + migrations.changed.length === 0;
  const drift = isCurrent && options.drift ? await findDrift(database) : undefined;
  const missing = await missingQueues(database);
  return {
    database: database.description,
    environment: migrations.applied.length > 0 ? await readEnvironment(database) : 'production',
    ...migrations,
    drift,
    missingQueues: missing,
    upToDate: isCurrent && missing.length === 0 && (drift ?? []).length === 0,
  };
}

/** The status of a database that does not exist yet: everything is to be done. */
export function emptyStatus(dataDir: string): Status {
  return {
    database: `the embedded database in ${dataDir}, which does not exist yet`,
    environment: 'production',
    applied: [],
    pending: committedMigrations().map((one) => one.filename),
    unknown: [],
    changed: [],
    drift: undefined,
    missingQueues: queues.map((queue) => queue.name),
    upToDate: false,
  };
}

const list = (names: string[]): string => names.map((name) => `\n  ${name}`).join('');

function describeDrift(drift: Drift[]): string {
  const lines = drift.map((one) =>
    one.state === 'refused'
      ? `\n  ${one.name}: refused (${one.inDatabase})`
      : `\n  ${one.kind} ${one.name}: ${one.state}`,
  );
  return `Drift: the database is not what functions/ makes of it:${lines.join('')}
  → Changed by hand in the database: include the file in migrations/current/ and commit it, or run it as colloquy_owner.
  → Changed in functions/: npm run migrate -- watch, then commit. --json shows both texts.`;
}

/** The status for people. */
export function describeStatus(status: Status): string {
  const { applied, pending, unknown, changed, drift } = status;
  const parts = [
    `${status.database}${status.environment === 'development' ? ' (marked as development)' : ''}`,
    `Applied:${applied.length === 0 ? ' none' : list(applied)}`,
  ];
  if (pending.length > 0) parts.push(`Pending:${list(pending)}\n  → npm run migrate`);
  if (unknown.length > 0) {
    parts.push(`Unknown to this copy, which is older than the database:${list(unknown)}\n  → git pull`);
  }
  if (changed.length > 0) {
    parts.push(
      `Changed since they were applied:${list(changed)}\n  → Restore the files (git restore migrations/committed), or, for a development database: npm run migrate -- reset`,
    );
  }
  if (status.missingQueues.length > 0) {
    parts.push(`Queues to make:${list(status.missingQueues)}\n  → npm run migrate`);
  }
  if (drift && drift.length > 0) parts.push(describeDrift(drift));
  if (status.upToDate) parts.push(`Up to date${drift ? ', and functions are what functions/ says' : ''}.`);
  return parts.join('\n');
}
