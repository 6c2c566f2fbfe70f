import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { queues } from '../../jobs/registry.ts';
import { serverDatabase } from '../../lib/database.ts';
import { migrateDatabase, projectFolder } from '../../lib/migrations.ts';

/** The SQL files of a folder, each with its path below it, in order. */
function sqlFiles(folder: string, recursive = false): string[] {
  return readdirSync(join(projectFolder, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => join(folder, name));
}

function hashOf(parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 12);
}

/** What stands outside of the bodies: signatures, grants, policies, triggers. */
const withoutBodies = (sql: string): string => sql.replaceAll(/\$(\w*)\$.*?\$\1\$/gs, '');

/**
 * Names what the template holds. Templates of one family differ by the bodies of functions alone, so that one becomes
 * the other by applying what differs; a grant that is no longer given would stay.
 */
function templateName(): { name: string; family: string } {
  const text = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');
  const functions = sqlFiles('functions', true).map((path) => `-- ${path}\n${text(path)}`);
  const history = ['sql', 'migrations/committed', 'migrations/current'].flatMap((folder) => sqlFiles(folder));
  const family = hashOf([JSON.stringify(queues), ...history.map(text), ...functions.map(withoutBodies)]);
  return { name: `colloquy_template_${family}_${hashOf(functions)}`, family: `colloquy_template_${family}_` };
}

/**
 * Makes the migrated database that each test file's own is cloned from, once per state of the working tree, and returns
 * its name. Where only bodies differ, it begins with a clone of the newest template of the family.
 */
export async function prepareTemplate(adminUrl: string): Promise<string> {
  const { name, family } = templateName();
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    // one at a time, and a half-made one of a killed run is made anew: it is marked as a template when it is whole
    await admin.query(`select pg_advisory_lock(hashtextextended('colloquy template', 0))`);
    const { rows } = await admin.query<{ datname: string }>(
      'select datname from pg_database where datistemplate and starts_with(datname, $1) order by oid desc',
      [family],
    );
    if (rows.some((row) => row.datname === name)) return name;
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.query(`create database ${name} template ${rows[0]?.datname ?? 'template1'}`);
    const url = new URL(adminUrl);
    url.pathname = `/${name}`;
    const database = serverDatabase(url.href);
    try {
      await migrateDatabase(database, queues, { inHand: true });
      // a thousand accounts are registered in a run, and what a hash costs an attacker is not what is tested
      // the databases that are made of it are no copies (app_private.database_identity)
      // without its trigger: the audit log begins with what tests do
      await database.pool('admin').query(
        `begin; set local session_replication_role = replica;
           update app_private.settings set value = '4' where name = 'password_hash_cost';
           update app_private.database_identity set database_oid = null, database_name = null; commit`,
      );
    } finally {
      await database.close();
    }
    await admin.query(`alter database ${name} is_template true`);
    return name;
  } finally {
    await admin.end();
  }
}
