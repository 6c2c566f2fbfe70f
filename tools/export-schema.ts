import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import pg from 'pg';
import { exportSchema } from '../api/schema-file.ts';
import { env } from '../lib/env.ts';
import { describeError } from '../lib/errors.ts';

const FILE = resolve(import.meta.dirname, '../schema.graphql');

const program = new Command('node tools/export-schema.ts')
  .description('Writes schema.graphql, the GraphQL schema that a migrated database gives.')
  .option('--check', 'write nothing; fail when the file is out of date', false)
  .option('--database-url <url>', 'a migrated database (default: AUTHENTICATOR_DATABASE_URL or DATABASE_URL)')
  .addHelpText('after', '\nExit codes: 0 written or up to date, 1 out of date or failed, 2 wrong usage.')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

const { check, databaseUrl } = program.opts<{ check: boolean; databaseUrl?: string }>();
const connectionString = databaseUrl ?? env.AUTHENTICATOR_DATABASE_URL ?? env.DATABASE_URL;
if (!connectionString) {
  process.stderr.write('No database: set DATABASE_URL, or pass --database-url.\n');
  process.exit(2);
}

const pool = new pg.Pool({ connectionString, options: '-c role=colloquy_authenticator', max: 1 });
try {
  const text = await exportSchema(pool);
  if (!check) {
    await writeFile(FILE, text);
    process.stdout.write(`Wrote ${FILE}\n`);
  } else if ((await readFile(FILE, 'utf8').catch(() => '')) === text) {
    process.stdout.write('schema.graphql is up to date.\n');
  } else {
    process.stderr.write(
      'schema.graphql is out of date.\n  → Run node tools/export-schema.ts and commit the file.\n',
    );
    process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
} finally {
  await pool.end();
}
