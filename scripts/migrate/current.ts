import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import graphileMigrate from 'graphile-migrate/dist/migration.js';
import type { Database } from '../../lib/database.ts';
import { migrateSettings, projectFolder } from '../../lib/migrations.ts';

/** Runs the migration in hand, so that what a contributor edits is tested and measured before it is committed. */
export async function runCurrent(database: Database): Promise<void> {
  const folder = join(projectFolder, 'migrations/current');
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.sql')) continue;
    const text = readFileSync(join(folder, name), 'utf8');
    const settings = migrateSettings(database.url('owner'));
    const sql = await graphileMigrate.compileIncludes(settings, text, new Set([join(folder, name)]));
    await database.pool('owner').query(`set search_path = pg_catalog, extensions; ${sql}; reset search_path`);
  }
}
