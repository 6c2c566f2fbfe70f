import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import pg from 'pg';
import { exportSchema } from '../api/schema-file.ts';
import { exitCodesHelp, FINDINGS, makeCommand, print, runCommand, say, WRONG_USAGE } from '../lib/cli.ts';
import { env } from '../lib/env.ts';

const FILE = resolve(import.meta.dirname, '../schema.graphql');

const program = makeCommand(
  'node tools/export-schema.ts',
  'Writes schema.graphql, the GraphQL schema that a migrated database gives.',
)
  .option('--check', 'write nothing; fail when the file is out of date', false)
  .option('--database-url <url>', 'a migrated database (default: AUTHENTICATOR_DATABASE_URL or DATABASE_URL)')
  .addHelpText('after', exitCodesHelp('out of date (--check)'))
  .allowExcessArguments(false)
  .parse();

const { check, databaseUrl } = program.opts<{ check: boolean; databaseUrl?: string }>();
const connectionString = databaseUrl ?? env.AUTHENTICATOR_DATABASE_URL ?? env.DATABASE_URL;
if (!connectionString) {
  say('No database: set DATABASE_URL, or pass --database-url.');
  process.exit(WRONG_USAGE);
}

const pool = new pg.Pool({ connectionString, options: '-c role=colloquy_authenticator', max: 1 });
await runCommand(async () => {
  const text = await exportSchema(pool);
  if (!check) {
    await writeFile(FILE, text);
    print(`Wrote ${FILE}`);
  } else if ((await readFile(FILE, 'utf8').catch(() => '')) === text) {
    print('schema.graphql is up to date.');
  } else {
    say('schema.graphql is out of date.\n  → Run node tools/export-schema.ts and commit the file.');
    process.exitCode = FINDINGS;
  }
});
await pool.end();
