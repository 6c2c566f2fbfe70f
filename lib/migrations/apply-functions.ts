import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { Database } from '../database.ts';
import { ColloquyError, errorCode } from '../errors.ts';
import { type FunctionFile, readFunctions } from '../functions.ts';
import { log } from '../log.ts';
import { FIND_THE_SESSION, placeOf } from './place.ts';
import { appliedFunctions } from './status.ts';

/** Others wait behind whoever waits for a lock: a short wait, several times. */
const LOCK_TIMEOUT = '5s';
const ATTEMPTS = 6;

/** What files of functions/ make, as far as it has a name in the catalogue: "kind name" as lib/functions.ts says it. */
const PRESENT = `
  select 'function ' || n.nspname || '.' || p.proname as object
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('app_public', 'app_hidden', 'app_private')
  union
  select 'trigger ' || t.tgname || ' on ' || n.nspname || '.' || c.relname
  from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where not t.tgisinternal
  union
  select 'policy ' || p.polname || ' on ' || n.nspname || '.' || c.relname
  from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  union
  select case c.relkind when 'v' then 'view ' else 'materialized view ' end || n.nspname || '.' || c.relname
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('v', 'm')`;

/** The files whose text is not the latest that the database had, or of which something is not there. */
async function toApply(client: PoolClient, files: FunctionFile[], all: boolean): Promise<FunctionFile[]> {
  if (all) return files;
  const recorded = await appliedFunctions(client);
  const { rows } = await client.query<{ object: string }>(PRESENT);
  const present = new Set(rows.map((row) => row.object));
  return files.filter(
    (file) =>
      recorded.get(file.path)?.at(-1) !== file.hash ||
      file.objects.some((object) => !present.has(`${object.kind} ${object.name}`)),
  );
}

async function attempt(client: PoolClient, files: FunctionFile[], options: ApplyOptions): Promise<string[]> {
  await client.query('begin');
  try {
    await client.query(`select set_config('lock_timeout', $1, true)`, [options.lockTimeout ?? LOCK_TIMEOUT]);
    await client.query(
      `set local search_path = pg_catalog, extensions; set local check_function_bodies = off; set local client_min_messages = warning`,
    );
    const pending = await toApply(client, files, options.all ?? false);
    for (const file of pending) {
      try {
        await client.query(file.sql);
      } catch (error) {
        throw failed(file, error);
      }
    }
    if (pending.length > 0) {
      const record = [pending.map((file) => file.path), pending.map((file) => file.hash)];
      await client.query(
        `delete from app_hidden.applied_functions a using unnest($1::text[], $2::text[]) as n (path, hash) where a.path = n.path and a.hash = n.hash`,
        record,
      );
      await client.query(
        `insert into app_hidden.applied_functions (path, hash) select n.path, n.hash from unnest($1::text[], $2::text[]) with ordinality as n (path, hash, place) order by n.place`,
        record,
      );
    }
    await client.query('commit');
    return pending.map((file) => file.path);
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

function failed(file: FunctionFile, error: unknown): unknown {
  const code = errorCode(error) ?? '';
  // a lock that could not be had, and a connection that broke, say nothing of the file
  if (!/^[0-9A-Z]{5}$/.test(code) || code === '55P03' || code === '40P01' || code.startsWith('57'))
    return error;
  const place = placeOf(`functions/${file.path}`, file.sql, error);
  return new ColloquyError('CQ016', `${place} failed: ${(error as Error).message}.`, {
    hint: 'Nothing of functions/ was applied. Correct the file, and run npm run migrate again.',
    cause: error,
  });
}

export interface ApplyOptions {
  /** How long one attempt waits for one lock, as PostgreSQL writes it. Default: 5s. */
  lockTimeout?: string;
  /** Applies every file, also those whose text the database has. */
  all?: boolean;
}

/**
 * Applies every file of functions/ whose text differs from the one that the database recorded, or that lacks an object
 * there, in the order of what they need: in one transaction, so that requests see all of it or nothing. Bodies are not
 * checked then, since they may name what comes later. Tried again when a lock cannot be had.
 * @returns the paths below functions/ that were applied
 * @throws ColloquyError CQ016 when a file fails, CQ040 when a lock was not to be had, CQ042 when there is no order
 */
export async function applyFunctions(database: Database, options: ApplyOptions = {}): Promise<string[]> {
  const files = readFunctions();
  const client = await database.pool('owner').connect();
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  try {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(client, files, options);
      } catch (error) {
        const code = errorCode(error);
        if (code !== '55P03' && code !== '40P01') throw error;
        if (tries === ATTEMPTS) throw lockFailure(error, options);
        log.info({ tries }, 'functions/ waits for a lock that another session holds; trying again');
        await delay(200 * 2 ** tries);
      }
    }
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

function lockFailure(error: unknown, options: ApplyOptions): ColloquyError {
  return new ColloquyError(
    'CQ040',
    `functions/ waited ${ATTEMPTS} times ${options.lockTimeout ?? LOCK_TIMEOUT} for a lock that another session holds, and gave up: ${(error as Error).message}.`,
    {
      hint: `Nothing of functions/ was applied. ${FIND_THE_SESSION}`,
      cause: error,
    },
  );
}
