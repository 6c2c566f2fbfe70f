import { queues } from '../../jobs/registry.ts';
import type { Difference } from '../../lib/catalogue.ts';
import type { Database } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { readFunctions } from '../../lib/functions.ts';
import { committedMigrations, type MigrationStatus, migrationStatus } from '../../lib/migrations.ts';
import { describeDifferences, findDrift } from './drift.ts';
import { type Environment, readEnvironment } from './mark.ts';

export interface Status extends MigrationStatus {
  database: string;
  environment: Environment;
  /** Undefined when it was not looked at: something is pending, or it was not wanted. */
  drift: Difference[] | undefined;
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
  const { pending, unknown, changed, pendingFunctions, supersededFunctions } = migrations;
  const isCurrent =
    pending.length +
      unknown.length +
      changed.length +
      pendingFunctions.length +
      supersededFunctions.length ===
    0;
  const environment = migrations.applied.length > 0 ? await readEnvironment(database) : 'production';
  const drift =
    isCurrent && options.drift ? await findDrift(database, environment === 'development') : undefined;
  const missing = await missingQueues(database);
  return {
    database: database.description,
    environment,
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
    pendingFunctions: readFunctions().map((file) => file.path),
    supersededFunctions: [],
    drift: undefined,
    missingQueues: queues.map((queue) => queue.name),
    upToDate: false,
  };
}

const list = (names: string[]): string => names.map((name) => `\n  ${name}`).join('');

function describeDrift(drift: Difference[]): string {
  return `Drift: the database is not what migrations/ and functions/ make:
${describeDifferences(drift)}
  → What was changed by hand in functions, triggers, policies or grants: npm run migrate -- --repair applies functions/ anew.
  → The rest as colloquy_owner, or by a migration. --json shows what is there and what is expected.`;
}

/** At most this many names, the others as a number. */
const SHOWN = 20;
function listFunctions(paths: string[]): string {
  const more = paths.length - SHOWN;
  return `${list(paths.slice(0, SHOWN).map((path) => `functions/${path}`))}${more > 0 ? `\n  … and ${more} more` : ''}`;
}

/** The status for people. */
export function describeStatus(status: Status): string {
  const { applied, pending, unknown, changed, drift, pendingFunctions, supersededFunctions } = status;
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
      `Migrated by other text than this copy has:${list(changed)}\n  → Edited here: git restore migrations/committed. A database from before 0.1.0: docs/upgrading.md. No data needs to be lost.`,
    );
  }
  if (pendingFunctions.length > 0) {
    parts.push(`Of functions/ to be applied:${listFunctions(pendingFunctions)}\n  → npm run migrate`);
  }
  if (supersededFunctions.length > 0) {
    parts.push(
      `Of functions/ the database has later texts of:${listFunctions(supersededFunctions)}\n  → git pull; or npm run migrate, to go back to these.`,
    );
  }
  if (status.missingQueues.length > 0) {
    parts.push(`Queues to make:${list(status.missingQueues)}\n  → npm run migrate`);
  }
  if (drift && drift.length > 0) parts.push(describeDrift(drift));
  if (status.upToDate)
    parts.push(`Up to date${drift ? ', and the schema is what migrations/ and functions/ make' : ''}.`);
  return parts.join('\n');
}
