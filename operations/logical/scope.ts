import { quoted } from './rows.ts';
import { type Table, tableNamed } from './tables.ts';

/** The rows of a table that belong to something, as a condition over an alias; its values are $1, $2 … */
export type Condition = (alias: string) => string;
/** By table, in the order of tables. What is not in it has no row that belongs. */
export type Scope = Map<string, Condition>;

const CONVERSATIONS = 'app_public.conversations';
const WORKSPACES = 'app_public.workspaces';
const TAGS = 'app_public.entity_tags';

const hasColumn = (table: Table, name: string): boolean =>
  table.columns.some((column) => column.name === name);

const tuple = (alias: string, names: readonly string[]): string =>
  `(${names.map((name) => `${alias}.${quoted(name)}`).join(', ')})`;

let aliases = 0;

/**
 * What a row takes with it when it is deleted, and so what has to come back with it: its own table and, by the foreign keys that
 * cascade, all that hang on it. Asked of the catalogue.
 * @param root       the table of the row
 * @param constants  the columns that are known: `{ workspace_id: '$1', id: '$2' }`
 */
export function cascadeOf(tables: readonly Table[], root: string, constants: Record<string, string>): Scope {
  const scope: Scope = new Map();
  const known = new Map<string, Record<string, string>>([[root, constants]]);
  const equal = (values: Record<string, string>): Condition => {
    return (alias) =>
      Object.entries(values)
        .map(([name, value]) => `${alias}.${quoted(name)} = ${value}`)
        .join(' and ');
  };
  for (const table of tables) {
    if (table.name === root) {
      scope.set(root, equal(constants));
      continue;
    }
    const ways: Condition[] = [];
    for (const key of table.foreignKeys) {
      const parent = scope.get(key.target);
      if (!key.cascades || key.target === table.name || !parent) continue;
      const values = known.get(key.target) ?? {};
      if (key.targetColumns.every((name) => name in values)) {
        const own = Object.fromEntries(
          key.columns.map((name, at) => [name, values[key.targetColumns[at]!]!]),
        );
        known.set(table.name, own);
        ways.push(equal(own));
        continue;
      }
      const inner = `p${++aliases}`;
      const parents = `select ${key.targetColumns.map((name) => `${inner}.${quoted(name)}`).join(', ')} from ${key.target} ${inner}`;
      ways.push((alias) => `${tuple(alias, key.columns)} in (${parents} where ${parent(inner)})`);
    }
    if (ways.length > 0) scope.set(table.name, (alias) => ways.map((way) => `(${way(alias)})`).join(' or '));
  }
  return scope;
}

/** A conversation with all that hangs on it. Values: the workspace, the conversation. */
export function conversationScope(tables: readonly Table[]): Scope {
  const scope = cascadeOf(tables, CONVERSATIONS, { workspace_id: '$1', id: '$2' });
  if (tableNamed(tables, TAGS))
    scope.set(
      TAGS,
      (alias) =>
        `${alias}.workspace_id = $1 and ${alias}.entity_type = 'conversation' and ${alias}.entity_id = $2`,
    );
  return scope;
}

/** Everything of a workspace: what names it, and what hangs on that. Value: the workspace. */
export function workspaceScope(tables: readonly Table[]): Scope {
  const hanging = cascadeOf(tables, WORKSPACES, { id: '$1' });
  const scope: Scope = new Map();
  for (const table of tables) {
    const condition = hasColumn(table, 'workspace_id')
      ? (alias: string): string => `${alias}.workspace_id = $1`
      : hanging.get(table.name);
    if (condition) scope.set(table.name, condition);
  }
  return scope;
}
