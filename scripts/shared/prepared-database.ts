import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isConnectionLost } from '../../lib/connections/failures.ts';
import { type Database, type DatabaseRole, openDatabase } from '../../lib/database.ts';
import { runningEmbedded } from '../../lib/embedded/open.ts';
import { env } from '../../lib/env.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { migrationStatus } from '../../lib/migrations.ts';

export interface OpenedDatabase {
  database: Database;
  /** Nobody else has it open, so nobody else indexes either. */
  isAlone: boolean;
}

function notMigrated(description: string, cause?: unknown): ColloquyError {
  return new ColloquyError('CQ032', `The database has not been prepared for this version: ${description}.`, {
    hint: 'Run npm start or npm run migrate first.',
    cause,
  });
}

/** A missing role, schema or table, or one that this login may not see yet. */
const UNPREPARED = new Set(['22023', '42704', '3F000', '42P01', '42501', '28000']);

/** Nobody else has the embedded database open. @throws ColloquyError CQ032 where there is none: opening would make an empty one */
function demandThere(dataDir: string): boolean {
  const isAlone = !env.DATABASE_URL && !runningEmbedded(dataDir);
  if (isAlone && !existsSync(join(dataDir, 'postgres')))
    throw notMigrated(`there is none in the folder ${dataDir}`);
  return isAlone;
}

/** Opens the database that the server uses, of whatever version. @throws ColloquyError CQ032 when it is not there */
export async function openAny(dataDir: string): Promise<Database> {
  demandThere(dataDir);
  return openDatabase({ dataDir, join: true });
}

/**
 * Opens the database that the server uses, if there is one and it is prepared.
 * @param role  that of the command, which looks at what is applied
 * @throws ColloquyError CQ012 when it does not answer, CQ032 when it is not there or not migrated
 */
export async function openPrepared(
  dataDir: string,
  role: DatabaseRole = 'authenticator',
): Promise<OpenedDatabase> {
  const isAlone = demandThere(dataDir);
  const database = await openDatabase({ join: true, dataDir });
  try {
    const { pending } = await migrationStatus(database.pool(role));
    if (pending.length > 0) throw notMigrated(`${database.description}, lacks ${pending.join(', ')}`);
    return { database, isAlone };
  } catch (error) {
    await database.close();
    if (error instanceof ColloquyError) throw error;
    if (UNPREPARED.has(errorCode(error) ?? '')) throw notMigrated(database.description, error);
    if (!isConnectionLost(error)) throw error;
    throw new ColloquyError('CQ012', `The database does not answer: ${database.description}.`, {
      hint: env.DATABASE_URL
        ? 'Check that the server runs and that DATABASE_URL is right, or unset it to use the embedded database.'
        : 'The process that has it open is ending or hangs. Try again.',
      cause: error,
    });
  }
}

/** Asks for rows, as the role of the command. */
export type Ask = <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>;

/** Works with the database that openPrepared opens, and closes it behind a command. */
export async function withPrepared<T>(
  role: DatabaseRole,
  work: (database: Database) => Promise<T>,
  dataDir = env.DATA_DIR,
): Promise<T> {
  const { database } = await openPrepared(dataDir, role);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Runs the statements of a command as a role, and closes the database behind it. */
export const askingAs = (role: DatabaseRole, work: (ask: Ask) => Promise<void>): Promise<void> =>
  withPrepared(role, (database) =>
    work(async (sql, values = []) => (await database.pool(role).query(sql, values)).rows),
  );
