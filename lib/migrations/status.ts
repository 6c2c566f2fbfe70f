import type { Pool } from 'pg';
import { errorCode } from '../errors.ts';
import { type FunctionFile, readFunctions } from '../functions.ts';
import { type CommittedMigration, committedMigrations } from './committed.ts';
import { earlierLayout, lastOf } from './earlier.ts';

/** What a copy of the project makes of a database: compared by contents with what a database says it has. */
export interface Program {
  migrations: CommittedMigration[];
  functions: FunctionFile[];
}

export interface MigrationStatus {
  applied: string[];
  pending: string[];
  /** Applied migrations that this copy of the project does not have: it is older than the database. */
  unknown: string[];
  /** Migrations whose text differs from what was applied. */
  changed: string[];
  /** Files of functions/ whose text this database never had. */
  pendingFunctions: string[];
  /** Files of functions/ whose text it had, and has a later one of: it is newer than this copy of the project. */
  supersededFunctions: string[];
}

/** What this copy of the project has, as it is on disk now. */
export function readProgram(): Program {
  return { migrations: committedMigrations(), functions: readFunctions() };
}

/** Rows, or none where the schema or the table does not exist yet. */
async function rowsOf<T extends object>(pool: Pick<Pool, 'query'>, sql: string): Promise<T[]> {
  try {
    return (await pool.query<T>(sql)).rows;
  } catch (error) {
    if (errorCode(error) !== '42P01' && errorCode(error) !== '3F000') throw error;
    return [];
  }
}

/** The texts of functions/ that a database had, by path, the latest last. */
export async function appliedFunctions(pool: Pick<Pool, 'query'>): Promise<Map<string, string[]>> {
  const rows = await rowsOf<{ path: string; hashes: string[] }>(
    pool,
    'select path, array_agg(hash order by id) as hashes from app_hidden.applied_functions group by path',
  );
  return new Map(rows.map((row) => [row.path, row.hashes]));
}

/**
 * Compares the contents of this copy of the project with what a database says it has.
 * @param pool     any login that may read graphile_migrate.migrations and app_hidden.applied_functions
 * @param program  default: as it is on disk; a process that serves compares what it was started with
 */
export async function migrationStatus(
  pool: Pick<Pool, 'query'>,
  program: Program = readProgram(),
): Promise<MigrationStatus> {
  const applied = await rowsOf<{ filename: string; hash: string }>(
    pool,
    'select filename, hash from graphile_migrate.migrations order by filename',
  );
  const recorded = await appliedFunctions(pool);
  const committed = program.migrations;
  // graphile-migrate records the number alone: 000001-foundation.sql is 000001.sql there
  const number = (one: { filename: string }): string => one.filename.slice(0, 6);
  const hashes = new Map(applied.map((one) => [number(one), one.hash]));
  const known = new Set(committed.map(number));
  const names = (all: { filename: string }[]): string[] => all.map((one) => one.filename);
  const had = (file: FunctionFile): boolean => recorded.get(file.path)?.includes(file.hash) ?? false;
  const isLatest = (file: FunctionFile): boolean => recorded.get(file.path)?.at(-1) === file.hash;
  const layout = earlierLayout(applied, committed);
  const has = (one: CommittedMigration): boolean =>
    hashes.has(number(one)) && (layout === undefined || number(one) <= lastOf(layout));
  return {
    applied: names(committed.filter(has)),
    pending: names(committed.filter((one) => !has(one))),
    unknown: names(applied.filter((one) => !known.has(number(one)))),
    changed: layout
      ? []
      : names(committed.filter((one) => (hashes.get(number(one)) ?? one.hash) !== one.hash)),
    pendingFunctions: program.functions.filter((file) => !had(file)).map((file) => file.path),
    supersededFunctions: program.functions
      .filter((file) => had(file) && !isLatest(file))
      .map((file) => file.path),
  };
}
