import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { projectFolder } from '../../lib/migrations/committed.ts';
import type { Relation } from './measure.ts';
import { statementsOf, type Unit } from './units.ts';

/** What is wrong with a change, in the columns of the doctor's checks. */
export interface Finding {
  name: string;
  subject: string;
  detail: string;
  remedy: string;
}

/** Checks of the catalogue alone, which a change must not make worse: the doctor's about rights and keys, and those of rehearsals. */
const OF_CATALOGUE = [
  ...[
    'default_privileges',
    'definer_without_caller_check',
    'foreign_key_without_index',
    'function_for_everyone',
    'granted_to_everyone',
  ],
  ...[
    'partitions_closed',
    'policy_allows_all',
    'policy_without_role',
    'policy_without_scope',
    'request_changes_catalogue',
    'rls_forced',
  ],
  ...['security_definer_search_path', 'view_with_owner_rights', 'write_without_columns', 'wrong_owner'],
].map((name) => `sql/doctor/${name}.sql`);

const checks = (): string[] => [
  ...OF_CATALOGUE,
  ...globSync('sql/rehearsal/*.sql', { cwd: projectFolder }).filter(
    (path) => !/(relations|locks)\.sql$/.test(path),
  ),
];

const keyOf = ({ name, subject, detail }: Finding): string => `${name} ${subject} ${detail}`;

/** Follows the calls of all functions, and takes most of the time. */
const OF_FUNCTIONS = 'definer_without_caller_check';

/**
 * What the checks find now.
 * @param earlier  findings from before a change that touched no function
 */
export async function lintCatalogue(
  client: Pick<pg.ClientBase, 'query'>,
  earlier?: Finding[],
): Promise<Finding[]> {
  const found = earlier?.filter(({ name }) => name === OF_FUNCTIONS) ?? [];
  for (const path of checks()) {
    if (earlier && path.includes(OF_FUNCTIONS)) continue;
    const { rows } = await client.query<Finding>(readFileSync(join(projectFolder, path), 'utf8'));
    found.push(...rows.map(({ name, subject, detail, remedy }) => ({ name, subject, detail, remedy })));
  }
  return found;
}

/** What was not found before. */
export function newFindings(before: Finding[], after: Finding[]): Finding[] {
  const known = new Set(before.map(keyOf));
  return after.filter((finding) => !known.has(keyOf(finding)));
}

/** A file that runs outside of a transaction and would be half done when its second statement fails. */
export function lintText(unit: Unit): Finding[] {
  if (!unit.isBare) return [];
  const count = unit.files.flatMap(({ sql }) => statementsOf(sql)).length;
  if (count <= 1) return [];
  return [
    {
      name: 'several_statements',
      subject: unit.name,
      detail: `It runs outside of a transaction and has ${count} statements: when one fails, those before it stay.`,
      remedy: 'One statement a file with --! no-transaction.',
    },
  ];
}

/** Vector indexes that were built on rows while their table was locked against writing. */
export function lintBuilds(
  before: Map<string, Relation>,
  after: Map<string, Relation>,
  unit: Unit,
): Finding[] {
  const isConcurrent = unit.files.every(({ sql }) =>
    statementsOf(sql).every((one) => !/^create\s+(unique\s+)?index\b(?!\s+concurrently)/i.test(one)),
  );
  if (unit.isBare && isConcurrent) return [];
  return [...after.values()]
    .filter(({ oid, kind, method, tableOid }) => {
      const table = before.get(tableOid ?? '');
      return (
        kind === 'i' &&
        (method === 'hnsw' || method === 'ivfflat') &&
        !before.has(oid) &&
        table !== undefined &&
        table.bytes > 0
      );
    })
    .map(({ name, tableOid }) => ({
      name: 'vector_index_locks',
      subject: name,
      detail: `It is built while nobody can write to ${before.get(tableOid ?? '')!.name}: minutes to hours for many vectors.`,
      remedy:
        'create index concurrently, in a file of its own with --! no-transaction; or partition by partition, as app_hidden.build_embedding_index does.',
    }));
}
