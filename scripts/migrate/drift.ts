import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import graphileMigrate from 'graphile-migrate/dist/migration.js';
import type { PoolClient } from 'pg';
import type { Database } from '../../lib/database.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { migrateSettings, projectFolder } from '../../lib/migrations.ts';
import { includedPaths } from '../../tools/check/includes.ts';

/** An object of the database that is not what functions/ would make of it. */
export interface Drift {
  kind: string;
  name: string;
  /** differs: other text or rights. missing: not there. extra: functions/ removes it. refused: the file cannot be run. */
  state: 'differs' | 'missing' | 'extra' | 'refused';
  inDatabase?: string;
  inFunctions?: string;
}

type Objects = Map<string, { kind: string; name: string; definition: string }>;

const CODE = readFileSync(join(projectFolder, 'sql/catalogue/code.sql'), 'utf8');

async function readCode(client: PoolClient): Promise<Objects> {
  const { rows } = await client.query<{ kind: string; name: string; definition: string }>(CODE);
  return new Map(rows.map((row) => [`${row.kind} ${row.name}`, row]));
}

/** The texts of functions/, in the order of _all.sql, each with what it includes itself. */
async function readFunctions(): Promise<{ path: string; sql: string }[]> {
  const settings = migrateSettings('postgres:///unused');
  const contents = readFileSync(join(projectFolder, 'functions/_all.sql'), 'utf8');
  return Promise.all(
    includedPaths(contents).map(async ({ path }) => ({
      path: `functions/${path}`,
      sql: await graphileMigrate.compileIncludes(settings, `--!include ${path}\n`, new Set()),
    })),
  );
}

/** What went from the one moment to the other. */
function compare(before: Objects, after: Objects): Drift[] {
  const drift: Drift[] = [];
  for (const [key, { kind, name, definition }] of after) {
    const old = before.get(key);
    if (old?.definition === definition) continue;
    drift.push({
      kind,
      name,
      state: old ? 'differs' : 'missing',
      ...(old ? { inDatabase: old.definition } : {}),
      inFunctions: definition,
    });
  }
  for (const [key, { kind, name, definition }] of before) {
    if (!after.has(key)) drift.push({ kind, name, state: 'extra', inDatabase: definition });
  }
  return drift;
}

/** Runs all of functions/ inside an open transaction. Returns the files that the database refuses. */
async function applyFunctions(client: PoolClient): Promise<Drift[]> {
  const refused: Drift[] = [];
  for (const { path, sql } of await readFunctions()) {
    await client.query('savepoint one_file');
    try {
      await client.query(sql);
    } catch (error) {
      // 55P03 lock not available, 57* and connection errors are not about the file
      const code = errorCode(error) ?? '';
      if (!/^[0-9A-Z]{5}$/.test(code) || code === '55P03' || code.startsWith('57')) throw error;
      await client.query('rollback to savepoint one_file');
      refused.push({ kind: 'file', name: path, state: 'refused', inDatabase: (error as Error).message });
    }
  }
  return refused;
}

/**
 * What differs between the database and functions/: everything is made again, as the owner, inside a transaction that
 * is rolled back, and the catalogue is compared. Only for a database with all migrations. It takes the locks that the
 * policies need, for less than a second, and gives up when it cannot have them at once.
 * @throws ColloquyError CQ040 when the tables are too busy
 */
export async function findDrift(database: Database): Promise<Drift[]> {
  const client = await database.pool('owner').connect();
  let failed: unknown;
  try {
    await client.query('begin');
    await client.query(
      `set local search_path = pg_catalog, extensions; set local lock_timeout = '2s'; set local client_min_messages = error`,
    );
    const before = await readCode(client);
    const refused = await applyFunctions(client);
    return [...refused, ...compare(before, await readCode(client))];
  } catch (error) {
    failed = error;
    if (errorCode(error) !== '55P03') throw error;
    throw new ColloquyError(
      'CQ040',
      `The functions could not be compared: a table was in use for longer than 2 s (${(error as Error).message}).`,
      { hint: 'Try again at a quieter moment, or leave this part out: --status --no-drift.', cause: error },
    );
  } finally {
    await client.query('rollback').then(
      () => client.release(),
      (error: Error) => client.release(failed === undefined ? error : true),
    );
  }
}
