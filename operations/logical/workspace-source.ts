import { ColloquyError } from '../../lib/errors.ts';
import { lineOf, quoted, readLines, sumOf } from './rows.ts';
import { type Condition, type Scope, workspaceScope } from './scope.ts';
import type { OpenSource, RowSource } from './source.ts';
import { storedColumns, type Table } from './tables.ts';

/** What an administrator allowed a workspace is its own; the rest of that schema is secrets, mail, settings. */
const isOfWorkspace = ({ name }: Table): boolean =>
  !name.startsWith('app_private.') || name === 'app_private.workspace_quotas';

/** What the rows of a workspace refer to and that is no workspace's: people, models, kinds of files. Only those that are referred to. */
export function referredTo(tables: readonly Table[], scope: Scope): Scope {
  const found: Scope = new Map();
  for (const target of tables) {
    if (scope.has(target.name)) continue;
    const ways: Condition[] = [];
    for (const table of tables) {
      const condition = scope.get(table.name);
      if (!condition) continue;
      for (const key of table.foreignKeys.filter((one) => one.target === target.name)) {
        const names = (alias: string, columns: readonly string[]): string =>
          columns.map((name) => `${alias}.${quoted(name)}`).join(', ');
        ways.push(
          (alias) =>
            `(${names(alias, key.targetColumns)}) in (select ${names('f', key.columns)} from ${table.name} f where ${condition('f')})`,
        );
      }
    }
    if (ways.length > 0) found.set(target.name, (alias) => ways.map((way) => way(alias)).join(' or '));
  }
  return found;
}

/**
 * The rows of one workspace, and of what they refer to. What a row of the latter refers to in its turn is left out where it can be null: who
 * made a model is none of the workspace’s people.
 */
export function workspaceSource(all: OpenSource, workspaceId: string): RowSource {
  const own = workspaceScope(all.tables);
  for (const table of all.tables) if (!isOfWorkspace(table)) own.delete(table.name);
  const others = referredTo(all.tables, own);
  const condition = (table: Table): string => (own.get(table.name) ?? others.get(table.name)!)('t');
  const cleared = (table: Table): Set<string> =>
    new Set(others.has(table.name) ? table.foreignKeys.flatMap(({ nulled }) => nulled) : []);
  return {
    tables: all.tables.filter(({ name }) => own.has(name) || others.has(name)),
    sequences: [],
    versions: all.versions,
    columns: storedColumns,
    lines: (table) =>
      readLines(
        all.client,
        `select ${lineOf(storedColumns(table), 't', cleared(table))} as line from ${table.name} t where ${condition(table)}`,
        [workspaceId],
      ),
    sum: (table) =>
      sumOf(all.client, table.name, storedColumns(table), {
        where: condition(table),
        values: [workspaceId],
        cleared: cleared(table),
      }),
  };
}

/** @throws ColloquyError CQ687 when there is no such workspace */
export async function demandWorkspace(all: OpenSource, id: string): Promise<void> {
  const { rowCount } = await all.client.query('select from app_public.workspaces w where w.id = $1', [id]);
  if (rowCount !== 0) return;
  throw new ColloquyError('CQ687', `There is no workspace ${id}.`, {
    hint: 'Its id is what clients have as workspace.id; of one that was deleted, a backup from before has the rows.',
  });
}

/** Vectors lie in the partitions of their version, so versions come with them. */
const WITH: Record<string, string> = { 'app_public.embeddings': 'app_public.embedding_versions' };

/**
 * All rows of some tables.
 * @throws ColloquyError CQ687 for a table that there is none of
 */
export function tablesSource(all: OpenSource, names: readonly string[]): RowSource {
  for (const name of names) {
    if (all.tables.some((table) => table.name === name)) continue;
    throw new ColloquyError('CQ687', `There is no table ${name} of Colloquy.`, {
      hint: 'Write it with its schema, as app_public.documents; sql/schema/tables has a page for each.',
    });
  }
  const wanted = new Set(names.flatMap((name) => [name, WITH[name] ?? name]));
  return { ...all, tables: all.tables.filter(({ name }) => wanted.has(name)) };
}
