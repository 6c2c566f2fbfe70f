/** What the catalogue says of the tables that legal holds cover, and of who writes them. */
import type { Database } from '../../../../lib/database.ts';

export interface Covered {
  /** With its schema. */
  name: string;
  /** The columns that its trigger keeps. */
  kept: string[];
  /** All columns that are stored. */
  columns: string[];
  key: string[];
}

const TRIGGERS = ['rows', 'values', 'tables'] as const;

/** The tables with a scope, and whether they have the three triggers that keep, with the arguments that their columns are. */
export async function coveredTables(database: Database): Promise<Covered[]> {
  const { rows } = await database.pool('owner').query(`
    select format('%s.%s', n.nspname, c.relname) as name,
      array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      array(select a.attname::text from pg_constraint k join pg_attribute a on a.attrelid = c.oid and a.attnum = any (k.conkey)
        where k.conrelid = c.oid and k.contype = 'p') as key,
      array(select a.attname::text from pg_trigger t join pg_attribute a on a.attrelid = c.oid and a.attnum = any (t.tgattr)
        where t.tgrelid = c.oid and t.tgfoid = 'app_private.keep_held_values'::regproc order by a.attnum) as kept,
      array(select string_to_table(encode(t.tgargs, 'escape'), '\\000') from pg_trigger t
        where t.tgrelid = c.oid and t.tgfoid = 'app_private.keep_held_values'::regproc) as arguments,
      array(select substring(p.proname from 'keep_held_(.*)') from pg_trigger t join pg_proc p on p.oid = t.tgfoid
        where t.tgrelid = c.oid and p.proname like 'keep_held_%' and t.tgenabled = 'O') as triggers
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('app_public', 'app_hidden', 'app_private') and c.relkind in ('r', 'p') and exists (select from app_private.hold_scope(c.oid))
    order by 1`);
  for (const { name, kept, arguments: named, triggers } of rows) {
    if (TRIGGERS.some((trigger) => !triggers.includes(trigger)))
      throw new Error(`${name} lacks one of the triggers keep_held_*.`);
    if (
      [...kept].sort().join() !==
      named
        .filter((column: string) => column !== '')
        .sort()
        .join()
    )
      throw new Error(`${name}: the columns of the trigger keep_held_values are not its arguments.`);
  }
  return rows;
}

/** The other tables whose rows belong to a workspace. */
export async function otherTables(database: Database): Promise<string[]> {
  const { rows } = await database.pool('owner').query(`
    select format('%s.%s', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('app_public', 'app_hidden', 'app_private') and c.relkind in ('r', 'p') and not exists (select from app_private.hold_scope(c.oid))
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped)
    order by 1`);
  return rows.map((row) => row.name);
}

/** Columns that a list of assignments names: too many rather than too few. */
const assigned = (list: string): string[] =>
  [...list.matchAll(/(?:^|,|\()\s*([a-z_]+)\s*(?==|,|\)\s*=)/g)].map(([, column]) => column!);

/**
 * The functions whose text deletes rows of covered tables, changes columns that are kept, empties or drops tables.
 * A statement whose table is put in when it runs counts as well.
 */
export async function writingFunctions(database: Database, covered: Covered[]): Promise<string[]> {
  const { rows } = await database.pool('owner').query<{ name: string; source: string }>(`
    select format('%s.%s', n.nspname, p.proname) as name, coalesce(p.prosrc, '') || coalesce(pg_get_function_sqlbody(p.oid), '') as source
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('app_public', 'app_hidden', 'app_private') order by 1`);
  const tables = new Map(covered.map((table) => [table.name, table]));
  const writes = ({ source }: { source: string }): boolean => {
    const text = source.replace(/--.*$/gm, '').toLowerCase();
    if (/\btruncate\s+(table\s+)?app_|\bdrop\s+table\b|\bdetach\s+partition\b/.test(text)) return true;
    for (const [, table] of text.matchAll(
      /\b(?:delete\s+from|merge\s+into)\s+(?:only\s+)?([a-z_]+\.[a-z_%]+|%\S*)/g,
    ))
      if (tables.has(table!) || table!.includes('%')) return true;
    const updates =
      /\bupdate\s+(?:only\s+)?([a-z_]+\.[a-z_%]+|%\S*)[^;]*?\bset\b(.*?)(?=\bwhere\b|\breturning\b|;|$)/gs;
    for (const [, table, list] of text.matchAll(updates))
      if (table!.includes('%') || assigned(list!).some((column) => tables.get(table!)?.kept.includes(column)))
        return true;
    const upserts =
      /\binsert\s+into\s+([a-z_]+\.[a-z_]+)[^;]*?\bdo\s+update\s+set\b(.*?)(?=\bwhere\b|\breturning\b|;|$)/gs;
    for (const [, table, list] of text.matchAll(upserts))
      if (assigned(list!).some((column) => tables.get(table!)?.kept.includes(column))) return true;
    return false;
  };
  return [...new Set(rows.filter(writes).map((row) => row.name))];
}

type Rows = Map<string, Record<string, unknown>>;

/** What is kept of a workspace, by table and key. */
export async function keptRows(
  database: Database,
  covered: Covered[],
  workspace: string,
): Promise<Map<string, Rows>> {
  const all = new Map<string, Rows>();
  for (const { name, key, kept } of covered) {
    const { rows } = await database
      .pool('owner')
      .query(
        `select row(${key.map((column) => `t.${column}`).join(', ')})::text as key, to_jsonb(t) as row from ${name} t where workspace_id = $1`,
        [workspace],
      );
    all.set(
      name,
      new Map(
        rows.map((found) => [
          found.key,
          Object.fromEntries(kept.map((column) => [column, found.row[column]])),
        ]),
      ),
    );
  }
  return all;
}

const isEmpty = (value: unknown): boolean => value === null || JSON.stringify(value) === '{}';

/** What was there and is not any more, in words. Filling in is no loss. */
export function losses(before: Map<string, Rows>, after: Map<string, Rows>): string[] {
  const lost: string[] = [];
  for (const [table, rows] of before)
    for (const [key, row] of rows) {
      const now = after.get(table)?.get(key);
      if (!now) lost.push(`${table} ${key}`);
      else
        for (const [column, value] of Object.entries(row))
          if (!isEmpty(value) && JSON.stringify(now[column]) !== JSON.stringify(value))
            lost.push(`${table} ${key} ${column}`);
    }
  return lost;
}
