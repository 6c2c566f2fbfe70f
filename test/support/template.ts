import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { queues } from '../../jobs/registry.ts';
import { serverDatabase } from '../../lib/database.ts';
import { migrateDatabase, projectFolder } from '../../lib/migrations.ts';

/** Names what the template holds: another schema is another template. */
function fingerprint(): string {
  const hash = createHash('sha256').update(JSON.stringify(queues));
  for (const folder of ['sql', 'migrations/committed', 'migrations/current', 'functions']) {
    const recursive = folder === 'functions';
    for (const name of readdirSync(join(projectFolder, folder), { recursive, encoding: 'utf8' }).sort()) {
      if (name.endsWith('.sql')) hash.update(readFileSync(join(projectFolder, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 12);
}

/** Makes the migrated database that each test file's own is cloned from, once per schema, and returns its name. */
export async function prepareTemplate(adminUrl: string): Promise<string | undefined> {
  const name = `colloquy_template_${fingerprint()}`;
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    // one at a time, and a half-made one of a killed run is made anew: it is marked as a template when it is whole
    await admin.query(`select pg_advisory_lock(hashtextextended('colloquy template', 0))`);
    const { rows } = await admin.query('select datistemplate from pg_database where datname = $1', [name]);
    if (rows[0]?.datistemplate) return name;
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.query(`create database ${name}`);
    const url = new URL(adminUrl);
    url.pathname = `/${name}`;
    const database = serverDatabase(url.href);
    try {
      await migrateDatabase(database, queues, { inHand: true });
    } finally {
      await database.close();
    }
    await admin.query(`alter database ${name} is_template true`);
    return name;
  } finally {
    await admin.end();
  }
}
