import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger, Settings } from 'graphile-migrate';
import JSON5 from 'json5';
import { toPrimary } from '../connections/primary.ts';
import type { Database } from '../database.ts';
import { ColloquyError, errorCode } from '../errors.ts';
import { log } from '../log.ts';
import { projectFolder } from './committed.ts';
import { FIND_THE_SESSION } from './place.ts';
import { migrationStatus } from './status.ts';

/** The settings of graphile-migrate: .gmrc, for one database. */
function migrateSettings(connectionString: string, lockTimeout: string, logger: Logger): Settings {
  const own = JSON5.parse(readFileSync(join(projectFolder, '.gmrc'), 'utf8'));
  return {
    ...own,
    migrationsFolder: join(projectFolder, 'migrations'),
    manageGraphileMigrateSchema: true,
    // a migration waits for a lock for a while, not for ever, since everybody behind it waits too
    pgSettings: { ...own.pgSettings, lock_timeout: lockTimeout },
    connectionString,
    // demanded, and used by its reset alone, which is never called
    rootConnectionString: 'postgres:///template1',
    databaseOwner: 'colloquy_owner',
    logger,
  };
}

/**
 * Runs the committed migrations that are pending, as the owner, by graphile-migrate: each in a transaction of its own.
 * @param pending  their files, in order
 * @throws ColloquyError CQ016 when one fails, CQ040 when it waits too long for a lock
 */
export async function runCommitted(
  database: Database,
  pending: string[],
  options: { onApplied?: ((filename: string) => void) | undefined; lockTimeout?: string | undefined },
): Promise<void> {
  const lockTimeout = options.lockTimeout ?? '30s';
  const session = `colloquy migrate ${randomUUID()}`;
  const url = await toPrimary(database.url('owner'));
  const connection = `${url}${url.includes('?') ? '&' : '?'}application_name=${encodeURIComponent(session)}`;
  let failure: unknown;
  try {
    // here, since mostly nothing is pending
    const { Logger, migrate } = await import('graphile-migrate');
    await migrate(migrateSettings(connection, lockTimeout, new Logger(quietly)));
  } catch (error) {
    failure = error;
  }
  await sessionEnded(database, session);
  const left = new Set((await migrationStatus(database.pool('admin'))).pending);
  for (const filename of pending) if (!left.has(filename)) options.onApplied?.(filename);
  if (failure) {
    throw migrationFailed(pending.find((name) => left.has(name)) ?? 'chain', failure, lockTimeout);
  }
}

/**
 * graphile-migrate keeps its connection for a moment, and ends this process when the server ends it meanwhile: nobody
 * may go on, and drop the database, before it is gone.
 */
async function sessionEnded(database: Database, session: string): Promise<void> {
  if (database.kind === 'embedded') return;
  const sql = 'select exists (select from pg_stat_activity where application_name = $1) as is_there';
  while ((await database.pool('admin').query(sql, [session])).rows[0].is_there) await delay(20);
}

function migrationFailed(filename: string, error: unknown, lockTimeout: string): ColloquyError {
  const reason = error instanceof Error ? error.message : String(error);
  if (errorCode(error) === '55P03') {
    return new ColloquyError(
      'CQ040',
      `The migration ${filename} waited ${lockTimeout} for a lock that another session holds, and gave up: ${reason}.`,
      {
        hint: `Nothing of it was applied. ${FIND_THE_SESSION}`,
        cause: error,
      },
    );
  }
  return new ColloquyError('CQ016', `The migration ${filename} failed: ${reason}.`, {
    hint: 'Nothing of it was applied. Correct the reason, and run npm run migrate again.',
    cause: error,
  });
}

/** graphile-migrate's chatter at debug level; its warnings as they are. What fails is thrown, and said then. */
const quietly = () => (level: string, message: string) => {
  if (level === 'warning') log.warn(message);
  else log.debug(message);
};
