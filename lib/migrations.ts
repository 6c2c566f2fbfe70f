import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from 'graphile-migrate';
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

/** The committed migrations of this copy of the project, in order, with the hash each declares. */
export function committedMigrations(): Committed[] {
  return readdirSync(committedFolder)
    .filter((name) => /^\d{6}.*\.sql$/.test(name))
    .sort()
    .map((filename) => {
      const text = readFileSync(join(committedFolder, filename), 'utf8');
      return { filename, hash: /^--! Hash: (\S+)$/m.exec(text)?.[1] ?? '' };
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
 *   when a migration fails
 */
export async function migrateDatabase(database: Database, queues: QueueDefinition[]): Promise<string[]> {
  await checkServer(database);
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
  try {
    await runCommitted(database);
  } catch (error) {
    throw new ColloquyError(
      'CQ016',
      `A migration failed: ${error instanceof Error ? error.message : error}`,
      {
        hint: 'Nothing of it was applied. Look at the log above, correct it, and run npm run migrate again.',
        cause: error,
      },
    );
  }
  await admin.query(
    'grant usage on schema graphile_migrate to colloquy_authenticator, colloquy_worker; grant select on graphile_migrate.migrations to colloquy_authenticator, colloquy_worker',
  );
  await installQueues(database, queues);
  return before.pending;
}

/**
 * Runs what is pending, as the owner, over one client of ours: graphile-migrate's own pool outlives its work and ends
 * the process when the server goes away meanwhile, and it gives up at once where another run should be waited for.
 */
async function runCommitted(database: Database): Promise<void> {
  const gmrc = JSON5.parse(readFileSync(join(projectFolder, '.gmrc'), 'utf8'));
  const settings = {
    ...gmrc,
    migrationsFolder: join(projectFolder, 'migrations'),
    manageGraphileMigrateSchema: true,
    connectionString: database.url('owner'),
    databaseOwner: 'colloquy_owner',
    logger: quietLogger,
  } as ParsedSettings;
  const client = await database.pool('owner').connect();
  try {
    await client.query(`select pg_advisory_lock(hashtextextended('colloquy migrations', 0))`);
    for (const [name, value] of Object.entries(settings.pgSettings ?? {})) {
      await client.query('select set_config($1, $2, false)', [name, value]);
    }
    // a migration waits for a lock for a while, not for ever, since everybody behind it waits too
    await client.query(`set lock_timeout = '30s'`);
    const { rows } = await client.query('select current_database() as name');
    const context = { database: rows[0].name };
    const asTheirs = client as never;
    const last = await graphileMigrate.getLastMigration(asTheirs, settings);
    for (const migration of await graphileMigrate.getMigrationsAfter(settings, last)) {
      await graphileMigrate.runCommittedMigration(asTheirs, settings, context, migration, '');
    }
  } finally {
    await client.query(`reset all; select pg_advisory_unlock(hashtextextended('colloquy migrations', 0))`);
    client.release();
  }
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
