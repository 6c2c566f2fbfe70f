import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { readCatalogue as readObjects } from '../../lib/catalogue.ts';
import { referenceFiles } from '../../lib/catalogue-reference.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { projectFolder } from '../../lib/migrations.ts';
import type { Binaries } from '../postgres/packages.ts';
import { run, tail } from '../postgres/run.ts';
import { readCatalogue } from './catalogue.ts';
import { privilegesPage } from './privileges.ts';
import { servedQueries, tablePages } from './tables.ts';

/** Left out: what is made by month and by embedding version, and what belongs to others. */
const LEFT_OUT = ['app_partitions', 'graphile_migrate', 'pgboss'];

const README = `# The schema as it is

Generated from a database that was migrated from zero: \`npm run picture\`. Do not edit anything here; a test compares
it with what the migrations make.

- \`schema.sql\`: types, tables, constraints, indexes and policies, as pg_dump writes them, without the partitions and
  without the schemas of pg-boss and graphile-migrate. Functions and triggers are in \`functions/\`, comments and rights on
  the pages
- \`tables/\`: one page per table and view
- \`privileges.md\`: every role, and all it was granted

A change of the schema shows here in words that can be reviewed: a right that was granted, a policy that fell away.
`;

/** pg_dump's text without what changes from one machine to the next. */
export function withoutVersions(dump: string): string {
  return dump
    .split('\n')
    .filter((line) => !/^-- Dumped (from database|by pg_dump) version /.test(line))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n');
}

/** What functions/ holds, and what the pages say. */
const ELSEWHERE = /^-- Name: .*; Type: (FUNCTION|PROCEDURE|AGGREGATE|TRIGGER|COMMENT|ACL|DEFAULT ACL); /m;

/** pg_dump's text without functions, triggers, comments and rights. */
export function structureOf(dump: string): string {
  const [head = '', ...entries] = dump.split(/^(?=--\n-- Name: )/m);
  return head + entries.filter((entry) => !ELSEWHERE.test(entry)).join('');
}

/** The schema of a database as SQL. @throws ColloquyError CQ023 with pg_dump's own words */
export async function dumpSchema(url: string, binaries: Binaries, options: string[] = []): Promise<string> {
  const { password } = new URL(url);
  const shown = new URL(url);
  shown.password = '';
  const dumped = await run(
    join(binaries.bin, 'pg_dump'),
    ['--schema-only', '--no-owner', '--restrict-key=colloquy', ...options, '--dbname', shown.href],
    // the password is not for the list of processes
    { env: { ...process.env, PGPASSWORD: decodeURIComponent(password), LC_ALL: 'C' } },
  );
  if (dumped.code !== 0) throw new ColloquyError('CQ023', `pg_dump failed: ${tail(dumped.stderr)}`);
  return withoutVersions(dumped.stdout);
}

/**
 * The picture of a migrated database: text by path below sql/schema/.
 * @param url       as an administrator
 * @param binaries  with a pg_dump that is not older than the server
 */
export async function makePicture(url: string, binaries: Binaries): Promise<Map<string, string>> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  const catalogue = await readCatalogue(client).finally(() => client.end());
  const committed = join(projectFolder, 'migrations/committed');
  const migrations = readdirSync(committed)
    .sort()
    .map((name) => readFileSync(join(committed, name), 'utf8'));
  const pages = tablePages(catalogue.tables, catalogue.privileges, servedQueries(migrations));
  return new Map([
    ['README.md', README],
    [
      'schema.sql',
      structureOf(
        await dumpSchema(
          url,
          binaries,
          LEFT_OUT.map((schema) => `--exclude-schema=${schema}`),
        ),
      ),
    ],
    ['privileges.md', privilegesPage(catalogue.privileges, catalogue.roles)],
    ...[...pages].map(([name, text]): [string, string] => [`tables/${name}`, text]),
  ]);
}

/**
 * What the doctor compares a database with, of a migrated one: text by path below sql/reference/.
 * @param url  any login
 */
export async function makeReference(url: string): Promise<Map<string, string>> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return referenceFiles(await readObjects(client).finally(() => client.end()));
}
