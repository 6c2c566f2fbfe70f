import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { queues } from '../../jobs/registry.ts';
import { serverDatabase } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { migrateDatabase } from '../../lib/migrations.ts';
import type { Binaries } from '../postgres/packages.ts';
import { run, tail } from '../postgres/run.ts';
import { scratchServer } from '../postgres/scratch.ts';
import { emptyTables } from './empty-tables.ts';
import { fillEveryTable } from './fill.ts';

/** The whole of a database that migrate made, as SQL for psql. Roles and extensions are what migrate prepares. */
async function dumpAll(url: string, binaries: Binaries): Promise<string> {
  const { password } = new URL(url);
  const shown = new URL(url);
  shown.password = '';
  const options = ['app_*', 'graphile_migrate', 'pgboss'].map((schema) => `--schema=${schema}`);
  const dumped = await run(
    join(binaries.bin, 'pg_dump'),
    ['--restrict-key=colloquy', ...options, '--dbname', shown.href],
    // the password is not for the list of processes
    { env: { ...process.env, PGPASSWORD: decodeURIComponent(password), LC_ALL: 'C' } },
  );
  if (dumped.code !== 0) throw new ColloquyError('CQ023', `pg_dump failed: ${tail(dumped.stderr)}`);
  return dumped.stdout.replace(/^-- Dumped (?:from database|by pg_dump) version .*\n/gm, '');
}

/**
 * A database that the working tree makes, with rows in every table, as compressed SQL: what a later version is upgraded
 * from in the tests. On a server of its own.
 * @throws ColloquyError CQ023 when a table has remained empty, or pg_dump fails
 */
export async function makeReleaseDump(binaries: Binaries): Promise<Buffer> {
  const scratch = await scratchServer(binaries);
  const database = serverDatabase(scratch.server.url);
  try {
    await migrateDatabase(database, queues);
    await fillEveryTable(database);
    const empty = await emptyTables(database);
    if (empty.length > 0) {
      throw new ColloquyError('CQ023', `No row is in ${empty.join(', ')}.`, {
        hint: 'Write one in tools/release-dump/fill.ts or worker-rows.sql.',
      });
    }
    return gzipSync(await dumpAll(scratch.server.url, binaries), { level: 9 });
  } finally {
    await database.close();
    await scratch.stop();
  }
}
