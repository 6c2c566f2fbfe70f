import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from 'graphile-migrate';
import graphileHash from 'graphile-migrate/dist/hash.js';
import graphileMigrate from 'graphile-migrate/dist/migration.js';
import type { ParsedSettings } from 'graphile-migrate/dist/settings.js';
import JSON5 from 'json5';
import type { Pool } from 'pg';
import type { Queue } from 'pg-boss';
import { checkServer, type Database } from './database.ts';
import { ColloquyError, errorCode } from './errors.ts';
import { log } from './log.ts';
import { openQueue } from './queue.ts';

/** The folder of the project: commands work from anywhere. */
export const projectFolder: string = join(import.meta.dirname, '..');

const committedFolder = join(projectFolder, 'migrations', 'committed');

export interface MigrateOptions {
  /** Called after each migration, with its file. */
  onApplied?: (filename: string) => void;
  /** How long a migration waits for one lock, as PostgreSQL writes it. Default: 30s. */
  lockTimeout?: string;
}

/** A queue with its options, and when its job is sent by itself. */
export interface QueueDefinition extends Queue {
  /** Cron expressions by key, with the payload of the job they send. */
  schedules?: Record<string, { cron: string; data?: object }>;
}

export interface MigrationStatus {
  applied: string[];
  pending: string[];
  /** Applied migrations that this copy of the project does not have: it is older than the database. */
  unknown: string[];
  /** Migrations whose text differs from what was applied. */
  changed: string[];
}

interface Committed {
  filename: string;
  hash: string;
}

/** The committed migrations of this copy of the project, in order, with the hash that the text of each has. */
export function committedMigrations(): Committed[] {
  return readdirSync(committedFolder)
    .filter((name) => /^\d{6}.*\.sql$/.test(name))
    .sort()
    .map((filename) => {
      const path = join(committedFolder, filename);
      const { headers, body } = graphileMigrate.parseMigrationText(path, readFileSync(path, 'utf8'));
      const previous = headers.Previous === '-' ? null : (headers.Previous ?? null);
      return { filename, hash: graphileHash.calculateHash(body, previous) };
    });
}

/**
 * Compares the committed migrations with what a database says it has.
 * @param pool  any login that may read graphile_migrate.migrations
 */
export async function migrationStatus(pool: Pool): Promise<MigrationStatus> {
  let applied: Committed[] = [];
  try {
    const { rows } = await pool.query(
      'select filename, hash from graphile_migrate.migrations order by filename',
    );
    applied = rows;
  } catch (error) {
    // the schema or the table does not exist yet
    if (errorCode(error) !== '42P01' && errorCode(error) !== '3F000') throw error;
  }
  const committed = committedMigrations();
  // graphile-migrate records the number alone: 000001-foundation.sql is 000001.sql there
  const number = (one: Committed): string => one.filename.slice(0, 6);
  const hashes = new Map(applied.map((one) => [number(one), one.hash]));
  const known = new Set(committed.map(number));
  const names = (all: Committed[]): string[] => all.map((one) => one.filename);
  return {
    applied: names(committed.filter((one) => hashes.has(number(one)))),
    pending: names(committed.filter((one) => !hashes.has(number(one)))),
    unknown: names(applied.filter((one) => !known.has(number(one)))),
    changed: names(committed.filter((one) => (hashes.get(number(one)) ?? one.hash) !== one.hash)),
  };
}

const sqlFile = (name: string): string => readFileSync(join(projectFolder, 'sql', name), 'utf8');

/**
 * Brings a database up to date: roles and extensions as administrator, the schema as its owner, then the queue's own
 * schema and queues. Doing it again changes nothing. Two at once wait for each other.
 * @returns the migrations that were applied now
 * @throws ColloquyError CQ012 to CQ014 for an unusable server, CQ015 when this copy is older than the database, CQ016
 *   when a migration fails, CQ040 when it waits too long for a lock
 */
export async function migrateDatabase(
  database: Database,
  queues: QueueDefinition[],
  options: MigrateOptions = {},
): Promise<string[]> {
  await checkServer(database);
  return oneAtATime(database, async () => {
    await prepare(database);
    const applied = await runCommitted(database, options);
    await installQueues(database, queues);
    return applied;
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

/** Roles and extensions, and that this copy is not older than the database. */
async function prepare(database: Database): Promise<void> {
  const admin = database.pool('admin');
  for (const file of ['roles.sql', 'database.sql']) await runAsAdministrator(admin, file);

  const before = await migrationStatus(admin);
  if (before.unknown.length > 0) {
    throw new ColloquyError(
      'CQ015',
      `The database has migrations that this copy of Colloquy does not know: ${before.unknown.join(', ')}.`,
      {
        hint: 'Update this copy (git pull), then try again.',
      },
    );
  }
}

/**
 * Runs what is pending, as the owner, over one client of ours: graphile-migrate's own pool outlives its work and ends
 * the process when the server goes away meanwhile, and it gives up at once where another run should be waited for.
 */
async function runCommitted(database: Database, options: MigrateOptions): Promise<string[]> {
  const lockTimeout = options.lockTimeout ?? '30s';
  const settings = migrateSettings(database.url('owner'));
  const client = await database.pool('owner').connect();
  const applied: string[] = [];
  try {
    for (const [name, value] of Object.entries(settings.pgSettings ?? {})) {
      await client.query('select set_config($1, $2, false)', [name, value]);
    }
    // a migration waits for a lock for a while, not for ever, since everybody behind it waits too
    await client.query(`select set_config('lock_timeout', $1, false)`, [lockTimeout]);
    const { rows } = await client.query('select current_database() as name');
    const context = { database: rows[0].name };
    const asTheirs = client as never;
    const last = await graphileMigrate.getLastMigration(asTheirs, settings);
    const pending = await graphileMigrate.getMigrationsAfter(settings, last).catch((error: unknown) => {
      throw migrationFailed('chain in migrations/committed', error, lockTimeout);
    });
    for (const migration of pending) {
      try {
        await graphileMigrate.runCommittedMigration(asTheirs, settings, context, migration, '');
      } catch (error) {
        throw migrationFailed(migration.realFilename, error, lockTimeout);
      }
      applied.push(migration.realFilename);
      options.onApplied?.(migration.realFilename);
    }
    // for whoever serves: is the database as new as the program?
    await client.query(
      'grant usage on schema graphile_migrate to colloquy_authenticator, colloquy_worker; grant select on graphile_migrate.migrations to colloquy_authenticator, colloquy_worker',
    );
    return applied;
  } finally {
    // what the session was set to must not reach the next user of the connection
    const broken = await client.query('reset all').then(
      () => undefined,
      (error: Error) => error,
    );
    client.release(broken);
  }
}

/** The settings of graphile-migrate: .gmrc, for one database. */
export function migrateSettings(connectionString: string): ParsedSettings {
  return {
    ...JSON5.parse(readFileSync(join(projectFolder, '.gmrc'), 'utf8')),
    migrationsFolder: join(projectFolder, 'migrations'),
    manageGraphileMigrateSchema: true,
    connectionString,
    databaseOwner: 'colloquy_owner',
    logger: quietLogger,
  };
}

function migrationFailed(filename: string, error: unknown, lockTimeout: string): ColloquyError {
  const reason = error instanceof Error ? error.message : String(error);
  if (errorCode(error) === '55P03') {
    return new ColloquyError(
      'CQ040',
      `The migration ${filename} waited ${lockTimeout} for a lock that another session holds, and gave up: ${reason}.`,
      {
        hint: `Nothing of it was applied. Find the session (select pid, usename, application_name, xact_start, query from pg_stat_activity where xact_start is not null order by xact_start), let it end or end it (select pg_terminate_backend(pid)), and run npm run migrate again.`,
        cause: error,
      },
    );
  }
  return new ColloquyError('CQ016', `The migration ${filename} failed: ${reason}.`, {
    hint: 'Nothing of it was applied. Correct the reason, and run npm run migrate again.',
    cause: error,
  });
}

/** A file of sql/ as administrator, one run at a time: roles belong to the whole server. */
async function runAsAdministrator(admin: Pool, file: string): Promise<void> {
  const client = await admin.connect();
  try {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtextextended('colloquy administrator', 0))`);
    await client.query('set local client_min_messages = warning');
    await client.query(sqlFile(file));
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    if (errorCode(error) === '42501') {
      throw new ColloquyError(
        'CQ017',
        `This login may not do what sql/${file} needs: ${(error as Error).message}.`,
        {
          hint: `Use an administrator's login for npm run migrate, or have an administrator run sql/roles.sql and sql/database.sql.`,
          cause: error,
        },
      );
    }
    throw error;
  } finally {
    client.release();
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
  } finally {
    await boss.stop({ graceful: false });
  }
  await owner.query(sqlFile('queue-grants.sql'));
}

/** graphile-migrate's chatter at debug level; its warnings and errors as they are. */
const quietLogger = new Logger(() => (level, message) => {
  if (level === 'error') log.error(message);
  else if (level === 'warning') log.warn(message);
  else log.debug(message);
});
