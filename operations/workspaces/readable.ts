import { quoted } from '../logical/rows.ts';
import type { Condition, Scope } from '../logical/scope.ts';
import type { Table } from '../logical/tables.ts';

/** Of what nothing says who may read it, and that is of one person: by the column that names it. */
const OWN: Record<string, string> = {
  'app_hidden.agent_checkpoints': 'owner_id',
  'app_hidden.agent_checkpoint_writes': 'owner_id',
  'app_hidden.user_activity': 'user_id',
  'app_public.conversation_reads': 'user_id',
  'app_public.message_feedback': 'user_id',
  'app_public.usage_logs': 'user_id',
};

/** What else decides: references that are no foreign keys, and flags. By table, as conditions. */
const OTHERWISE: Record<
  string,
  (alias: string, person: string, readable: (table: string) => string) => string
> = {
  // a key of a private event names its owner
  'app_hidden.raw_event_keys': (a, person, readable) =>
    `(${a}.raw_event_id in (${readable('app_public.raw_events')}) or ${a}.external_id like 'private ' || ${person} || ' %')`,
  'app_public.system_prompt_templates': (a, person) => `(${a}.is_public or ${a}.owner_id = ${person})`,
  'app_public.entity_tags': (a, _, readable) =>
    `case ${a}.entity_type when 'conversation' then ${a}.entity_id in (${readable('app_public.conversations')})
       when 'document' then ${a}.entity_id in (${readable('app_public.documents')})
       when 'memory_item' then ${a}.entity_id in (${readable('app_public.memory_items')})
       else ${a}.entity_id in (${readable('app_public.repositories')}) end`,
};

/** References that may be empty, though what has them goes with what they refer to: a shared document, of a file that is not. */
const EMPTIED: Record<string, string[]> = { 'app_public.documents': ['file_id'] };

interface Readable {
  scope: Scope;
  /** What stands in place of columns that refer to what is left out, by table and column. */
  replaced: Record<string, Record<string, string>>;
}

const hasColumn = (table: Table, name: string): boolean =>
  table.columns.some((column) => column.name === name);
const names = (alias: string, columns: readonly string[]): string =>
  columns.map((name) => `${alias}.${quoted(name)}`).join(', ');

const emptied = (table: Table, { nulled, columns }: Table['foreignKeys'][number]): string[] =>
  nulled.length > 0 ? nulled : columns.filter((name) => EMPTIED[table.name]?.includes(name));

let aliases = 0;

/**
 * Of the rows of a workspace those that a person may read: what is shared with its members, and what is the person's own. What hangs on
 * something that is left out is left out with it; where a reference may be empty, it is.
 * @param tables  what is referred to comes first
 * @param scope   all rows of the workspace
 * @param person  its id
 */
export function readableBy(tables: readonly Table[], scope: Scope, person: string): Readable {
  const me = `'${person}'::uuid`;
  const readable: Scope = new Map();
  const narrowed = new Set<string>();
  const replaced: Readable['replaced'] = {};
  const ids = (table: string, columns: readonly string[] = ['id']): string => {
    const alias = `r${++aliases}`;
    return `select ${names(alias, columns)} from ${table} ${alias} where ${readable.get(table)!(alias)}`;
  };
  for (const table of tables) {
    const more: Condition[] = [];
    if (hasColumn(table, 'visibility') && hasColumn(table, 'owner_id'))
      more.push((a) => `(${a}.visibility <> 'private' or ${a}.owner_id = ${me})`);
    const own = OWN[table.name];
    if (own) more.push((a) => `${a}.${own} = ${me}`);
    const otherwise = OTHERWISE[table.name];
    if (otherwise) more.push((a) => otherwise(a, me, ids));
    for (const key of table.foreignKeys) {
      if (key.target === table.name || !narrowed.has(key.target) || emptied(table, key).length > 0) continue;
      more.push(
        (a) =>
          `(num_nulls(${names(a, key.columns)}) > 0 or (${names(a, key.columns)}) in (${ids(key.target, key.targetColumns)}))`,
      );
    }
    const all = scope.get(table.name)!;
    if (more.length > 0) narrowed.add(table.name);
    readable.set(table.name, (a) => [all, ...more].map((condition) => `(${condition(a)})`).join(' and '));
    for (const key of table.foreignKeys) {
      if (!narrowed.has(key.target) || emptied(table, key).length === 0) continue;
      const own = replaced[table.name] ?? {};
      replaced[table.name] = own;
      for (const column of emptied(table, key))
        own[column] =
          `case when (${names('t', key.columns)}) in (${ids(key.target, key.targetColumns)}) then t.${quoted(column)}::text end`;
    }
  }
  return { scope: readable, replaced };
}

/** For the tests: each of them is a table. */
export const namedByHand = (): string[] => [OWN, OTHERWISE, EMPTIED].flatMap(Object.keys);
