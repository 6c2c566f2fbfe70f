import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Queue } from 'pg-boss';
import { demandDirect } from './database/demands.ts';
import { demandOwners } from './database/owners.ts';
import { checkServer, type Database, inTransaction } from './database.ts';
import { env } from './env.ts';
import { ColloquyError, errorCode } from './errors.ts';
import { log } from './log.ts';
import { applyFunctions } from './migrations/apply-functions.ts';
import { committedMigrations, demandFrozen, projectFolder } from './migrations/committed.ts';
import { runCurrent } from './migrations/current.ts';
import { adoptEarlierLayout, finishEarlierLayout } from './migrations/earlier.ts';
import { runCommitted } from './migrations/run-committed.ts';
import { type MigrationStatus, migrationStatus, type Program, readProgram } from './migrations/status.ts';
import { programVersion } from './program-version.ts';
import { openQueue } from './queue.ts';

export {
  committedMigrations,
  type MigrationStatus,
  migrationStatus,
  type Program,
  projectFolder,
  readProgram,
};

export interface MigrateOptions {
  /** Called after each migration, with its file. */
  onApplied?: (filename: string) => void;
  /** Told what becomes of copies of an embedded database. Default: the log. */
  onCopy?: (message: string) => void;
  /** How long a migration waits for one lock, as PostgreSQL writes it. Default: 30s; files of functions/ 5s, six times. */
  lockTimeout?: string;
  /**
   * Applies all of functions/, also what the database has: what was changed by hand is made again, and what belongs to
   * others is handed over.
   */
  allFunctions?: boolean;
  /** Also runs migrations/current/, before functions/: for development and tests. */
  inHand?: boolean;
}

/** What was done to a database. */
export interface Migrated {
  /** Files of migrations/committed/. */
  migrations: string[];
  /** Files of functions/, as paths below it. */
  functions: string[];
}

/** What was done, in one line for people. */
export function describeMigrated({ migrations, functions }: Migrated): string {
  const parts = [
    ...(migrations.length > 0 ? [`${migrations.length} migrations`] : []),
    ...(functions.length > 0 ? [`${functions.length} files of functions/`] : []),
  ];
  return parts.length === 0 ? 'Already up to date.' : `${parts.join(' and ')} applied.`;
}

/** A queue with its options, and when its job is sent by itself. */
export interface QueueDefinition extends Queue {
  /** Cron expressions by key, with the payload of the job they send. */
  schedules?: Record<string, { cron: string; data?: object }>;
}

const sqlFile = (name: string): string => readFileSync(join(projectFolder, 'sql', name), 'utf8');

/**
 * Brings a database up to date: roles and extensions as administrator, then as its owner the migrations that are pending,
 * every file of functions/ that differs from what the database has, and the queue's own schema and queues. Doing it again
 * changes nothing. Two at once wait for each other.
 * @throws ColloquyError CQ012 to CQ014 for an unusable server, CQ046 and CQ047 for a login that does not act as it must or goes
 *   through a pooler, CQ048 for objects that belong to others, CQ015 when this copy is older than the database, CQ016
 *   when a migration or a file of functions/ fails, CQ040 when it waits too long for a lock, CQ043 when a committed
 *   migration of this copy was rewritten, CQ044 when the database was migrated by other text, CQ045 when there is no room
 *   for a copy of an embedded database
 */
export async function migrateDatabase(
  database: Database,
  queues: QueueDefinition[],
  options: MigrateOptions = {},
): Promise<Migrated> {
  demandFrozen();
  await checkServer(database);
  await demandDirect(database, 'admin');
  return oneAtATime(database, async () => {
    const { onCopy = (message: string) => log.info(message) } = options;
    const pending = await prepare(database, onCopy, options.allFunctions ?? false);
    await demandDirect(database, 'owner');
    if (pending.length > 0) {
      await runCommitted(database, pending, options);
      // for the programs that serve: is the database as new as they are?
      await database
        .pool('owner')
        .query(
          'grant usage on schema graphile_migrate to colloquy_authenticator, colloquy_worker, colloquy_monitor; grant select on graphile_migrate.migrations to colloquy_authenticator, colloquy_worker, colloquy_monitor',
        );
    }
    if (options.inHand) await runCurrent(database);
    const functions = await applyFunctions(database, {
      ...(options.lockTimeout === undefined ? {} : { lockTimeout: options.lockTimeout }),
      all: options.allFunctions ?? false,
    });
    await finishEarlierLayout(database);
    await database.pool('owner').query('select app_private.complete_installation()');
    // a database that was never adopted: a new one, and one of before there were identities
    await database
      .pool('owner')
      .query('select app_private.adopt_first(environment => $1)', [env.COLLOQUY_ENVIRONMENT ?? null]);
    await installQueues(database, queues);
    await demandOwners(database.pool('owner'));
    for (const folder of (await database.copies?.settle()) ?? [])
      onCopy(`An older copy is removed: ${folder}`);
    return { migrations: pending, functions };
  });
}

/** Holds a lock for the whole run. The embedded database needs none: it has one process and one session. */
async function oneAtATime<T>(database: Database, work: () => Promise<T>): Promise<T> {
  if (database.kind === 'embedded') return work();
  const client = await database.pool('admin').connect();
  // when this connection breaks, so do those that do the work, and they say so
  client.on('error', () => {});
  try {
    await client.query('set idle_session_timeout = 0');
    const take = async (): Promise<boolean> => {
      const sql = `select pg_try_advisory_lock(hashtextextended('colloquy migrations', 0)) as is_ours`;
      return (await client.query(sql)).rows[0].is_ours;
    };
    if (!(await take())) {
      log.info('another migration of this database runs; waiting for its end');
      // asked again and again: a session that waits inside a statement would hold up create index concurrently
      while (!(await take())) await delay(100);
    }
    return await work();
  } finally {
    // ends the connection, and the lock with it
    client.release(true);
  }
}

/**
 * Roles, rights on the database and extensions: what an administrator makes. Again changes nothing.
 * @param options.onlyRoles  for a database that a dump fills, with its schemas and extensions
 */
export async function prepareRoles(
  database: Database,
  { onlyRoles = false }: { onlyRoles?: boolean } = {},
): Promise<void> {
  for (const file of onlyRoles ? ['roles.sql'] : ['roles.sql', 'database.sql'])
    await runAsAdministrator(database.pool('admin'), file);
}

/** Roles and extensions, and whether what the database has is the beginning of what this copy has. */
async function prepare(
  database: Database,
  onCopy: (message: string) => void,
  handOver: boolean,
): Promise<string[]> {
  const admin = database.pool('admin');
  await prepareRoles(database);
  const before = await migrationStatus(admin);
  if (before.unknown.length > 0) {
    throw new ColloquyError(
      'CQ015',
      `The database has migrations that this copy of Colloquy does not know: ${before.unknown.join(', ')}.`,
      { hint: 'Update this copy (git pull), then try again.' },
    );
  }
  if (before.changed.length > 0) throw otherText(before.changed);
  if (handOver) await runAsAdministrator(admin, 'owners.sql');
  // what is another's could not be changed, and would say so less clearly
  await demandOwners(admin);
  if (before.applied.length === 0) return before.pending;
  if (before.pending.length + before.pendingFunctions.length + before.supersededFunctions.length > 0) {
    await keepCopy(database, onCopy);
  }
  await adoptEarlierLayout(database, committedMigrations());
  return (await migrationStatus(admin)).pending;
}

/** Keeps a copy of an embedded database that is about to be changed. Of a server, a DBA makes a backup. */
export async function keepCopy(database: Database, onCopy: (message: string) => void): Promise<void> {
  const copy = await database.copies?.keep(programVersion);
  if (!copy) return;
  const { folder, isNew } = copy;
  onCopy(
    `${isNew ? 'A copy of the database before this upgrade is' : 'An upgrade was not finished; the copy from before it is'} ${folder}
  To go back: end Colloquy, put that folder in the place of ${join(dirname(folder), 'postgres')}, and start the version that you had.`,
  );
}

/** The database is not what the migrations of this copy make: to go on would mix two histories. */
export function otherText(changed: string[]): ColloquyError {
  return new ColloquyError(
    'CQ044',
    `The database was migrated by other text than this copy of Colloquy has: ${changed.join(', ')}.`,
    {
      hint: 'Nothing was changed, and no data needs to be lost: if the files were edited here, restore them (git restore migrations/committed); if the database comes from before 0.1.0, docs/upgrading.md has the step that brings it here.',
    },
  );
}

/** A file of sql/ as administrator, one run at a time: roles belong to the whole server. */
async function runAsAdministrator(admin: Pool, file: string): Promise<void> {
  try {
    await inTransaction(admin, async (client) => {
      await client.query(`select pg_advisory_xact_lock(hashtextextended('colloquy administrator', 0))`);
      await client.query('set local client_min_messages = warning');
      await client.query(sqlFile(file));
    });
  } catch (error) {
    if (errorCode(error) !== '42501') throw error;
    throw new ColloquyError(
      'CQ017',
      `This login may not do what sql/${file} needs: ${(error as Error).message}.`,
      {
        hint: `Use an administrator's login for npm run migrate, or have an administrator run sql/roles.sql and sql/database.sql.`,
        cause: error,
      },
    );
  }
}

/** The queue's schema, its queues and schedules, as owner; then what the worker may do with them. */
async function installQueues(database: Database, queues: QueueDefinition[]): Promise<void> {
  const owner = database.pool('owner');
  const boss = openQueue(owner, { migrate: true, createSchema: true, supervise: false, schedule: false });
  await boss.start();
  try {
    const existing = new Set((await boss.getQueues()).map((queue) => queue.name));
    for (const { name, schedules, policy, partition, ...options } of queues) {
      if (!existing.has(name)) {
        await boss.createQueue(name, {
          ...options,
          ...(policy ? { policy } : {}),
          ...(partition ? { partition } : {}),
        });
      } else if (Object.keys(options).length > 0) await boss.updateQueue(name, options);
      const wanted = schedules ?? {};
      for (const [key, { cron, data }] of Object.entries(wanted)) {
        await boss.schedule(name, cron, data ?? {}, { key, tz: 'UTC' });
      }
      for (const { key } of await boss.getSchedules(name))
        if (!(key in wanted)) await boss.unschedule(name, key);
    }
    await owner.query('select app_hidden.hold_schedules()');
  } finally {
    await boss.stop({ graceful: false });
  }
  await owner.query(sqlFile('queue-grants.sql'));
}

/**
 * Refuses a database that this program must not serve: one that lacks what it needs, or has another history. One that is
 * newer is fine: programs are replaced one after the other.
 * @throws ColloquyError CQ018 when something is pending, CQ044 when the database was migrated by other text
 */
export function demandCurrent(status: MigrationStatus): void {
  if (status.changed.length > 0) throw otherText(status.changed);
  const reason = notCurrent(status);
  if (reason)
    throw new ColloquyError('CQ018', `The database lacks ${reason}.`, { hint: 'Run npm run migrate first.' });
}

/** What a database lacks, in a few words: `the migrations 000017-x.sql`; undefined when it lacks nothing. */
export function notCurrent({ pending, pendingFunctions }: MigrationStatus): string | undefined {
  if (pending.length > 0) return `the migrations ${pending.join(', ')}`;
  if (pendingFunctions.length === 0) return undefined;
  const more = pendingFunctions.length - 3;
  return `these texts of functions/: ${pendingFunctions.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
