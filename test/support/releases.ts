import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';
import { projectFolder } from '../../lib/migrations.ts';
import { run } from '../../tools/postgres/run.ts';
import { testBinaries } from './binaries.ts';

const folder = join(projectFolder, 'test/fixtures/releases');

/** The releases that there is a dump of, which npm run release-dump wrote; and what was last before 0.1.0. */
export function releases(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql.gz'))
    .map((name) => name.slice(0, -'.sql.gz'.length))
    .sort();
}

/** Restores the dump of a release into an empty database, as docs/upgrading.md does. @param url  as an administrator */
export function restoreRelease(release: string, url: string): Promise<void> {
  return restoreDump(join(folder, `${release}.sql.gz`), url);
}

/** Restores compressed SQL into an empty database. @param url  as an administrator */
export async function restoreDump(file: string, url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('set client_min_messages = warning');
    for (const file of ['roles.sql', 'database.sql']) {
      await client.query(readFileSync(join(projectFolder, 'sql', file), 'utf8'));
    }
  } finally {
    await client.end();
  }
  const scratch = mkdtempSync(join(tmpdir(), 'colloquy-release-'));
  try {
    const path = join(scratch, 'dump.sql');
    writeFileSync(path, gunzipSync(readFileSync(file)));
    const psql = join((await testBinaries()).bin, 'psql');
    const restored = await run(psql, ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', path, url]);
    if (restored.code !== 0) throw new Error(`psql: ${restored.stderr}`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
