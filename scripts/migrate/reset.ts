import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { queues } from '../../jobs/registry.ts';
import { databaseName, maintenanceUrl } from '../../lib/connections/addresses.ts';
import type { Database } from '../../lib/database.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { migrateDatabase } from '../../lib/migrations.ts';
import { demandDevelopment, markAsDevelopment } from './mark.ts';
import { embeddedFolder } from './target.ts';

/** A statement that makes a database again as it is: owner, encoding and locale. */
const RECREATE = `
  select format(
    'create database %I owner %I template template0 encoding %L locale_provider %s lc_collate %L lc_ctype %L%s',
    d.datname, pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding),
    case d.datlocprovider when 'b' then 'builtin' when 'i' then 'icu' else 'libc' end, d.datcollate, d.datctype,
    case d.datlocprovider when 'b' then format(' builtin_locale %L', d.datlocale) when 'i' then format(' icu_locale %L', d.datlocale) end
  ) as sql
  from pg_database d where d.datname = $1`;

/** Drops a server's database and makes an empty one of that name. */
async function recreate(adminUrl: string, force: boolean): Promise<void> {
  const name = databaseName(adminUrl);
  const client = new pg.Client({ connectionString: maintenanceUrl(adminUrl) });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ sql: string }>(RECREATE, [name]);
    await client.query(`drop database ${pg.escapeIdentifier(name)}${force ? ' with (force)' : ''}`);
    await client.query(rows[0]!.sql);
  } catch (error) {
    if (errorCode(error) !== '55006') throw error;
    throw new ColloquyError('CQ041', `reset is refused: others use the database ${name}.`, {
      hint: 'Stop npm start and whatever else is connected, or end their sessions: npm run migrate -- reset --force',
      cause: error,
    });
  } finally {
    await client.end();
  }
}

export interface ResetOptions {
  /** On a server: ends the sessions of others. */
  force: boolean;
  /** Asked with the database open, so that nobody else comes between. */
  confirm(description: string): Promise<boolean>;
}

/**
 * Removes a development database with everything in it, and makes it anew. Of an embedded one only the database
 * goes: whatever else lies in the data folder stays.
 * @returns the migrations that were applied, or undefined when it was not confirmed
 * @throws ColloquyError CQ010 while another process has the embedded database open, CQ041 when there is none, it is not
 *   marked as development, or it is in use
 */
export async function reset(
  where: { adminUrl: string } | { dataDir: string },
  open: () => Promise<Database>,
  options: ResetOptions,
): Promise<string[] | undefined> {
  const folder = 'dataDir' in where ? embeddedFolder(where.dataDir) : undefined;
  if (folder && !existsSync(join(folder, 'PG_VERSION'))) {
    throw new ColloquyError('CQ041', `There is no embedded database in ${dirname(folder)}.`, {
      hint: 'npm run migrate makes one.',
    });
  }
  const old = await open();
  try {
    await demandDevelopment(old, 'reset');
    if (!(await options.confirm(old.description))) return undefined;
  } finally {
    await old.close();
  }
  if (folder) rmSync(folder, { recursive: true });
  else if ('adminUrl' in where) await recreate(where.adminUrl, options.force);
  const fresh = await open();
  try {
    const { migrations } = await migrateDatabase(fresh, queues);
    await markAsDevelopment(fresh);
    return migrations;
  } finally {
    await fresh.close();
  }
}
