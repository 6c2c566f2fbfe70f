import type { Client, Column } from './tables.ts';

/**
 * Rows on their way from one database to another: a line is a JSON array of the texts of the columns, as their types write and read
 * them, so that nothing is lost on the way: digits, time zones, the null of JSON beside the null of SQL. Both ends set how
 * texts are written.
 */
const FORMS = `
  set local datestyle = 'ISO'; set local intervalstyle = 'postgres'; set local timezone = 'UTC'; set local extra_float_digits = 1;
  set local bytea_output = 'hex'; set local search_path = pg_catalog`;

/** What is handed over at once, in bytes, and how many rows at most. */
const BATCH = 2 * 1024 * 1024;
const BATCH_ROWS = 2000;

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** @param client  inside a transaction */
export async function setForms(client: Client): Promise<void> {
  await client.query(FORMS);
}

/** What a row is read as. A column of `cleared` is null. */
export function lineOf(
  columns: readonly Column[],
  alias = 't',
  cleared: ReadonlySet<string> = new Set(),
): string {
  const texts = columns.map(({ name }) => (cleared.has(name) ? 'null' : `${alias}.${quoted(name)}::text`));
  return `to_json(array[${texts.join(', ')}]::text[])::text`;
}

/**
 * What a row is read as where its columns are named: for those who have nothing but the line.
 * @param replaced  what stands in place of a column
 */
export function namedLineOf(
  columns: readonly Column[],
  alias = 't',
  replaced: Record<string, string> = {},
): string {
  const names = columns.map(({ name }) => `'${name.replaceAll("'", "''")}'`);
  const texts = columns.map(({ name }) => replaced[name] ?? `${alias}.${quoted(name)}::text`);
  return `json_object(array[${names.join(', ')}]::text[], array[${texts.join(', ')}]::text[])::text`;
}

let cursors = 0;

/**
 * Rows of a query with a column `line`, in batches of a few mebibytes, however many there are.
 * @param client  inside a transaction after setForms
 */
export async function* readLines(
  client: Client,
  sql: string,
  values: unknown[] = [],
): AsyncGenerator<string[]> {
  const cursor = `lines_${++cursors}`;
  await client.query(`declare ${cursor} no scroll cursor for ${sql}`, values);
  let count = 16;
  for (;;) {
    const { rows } = await client.query<{ line: string }>(`fetch ${count} from ${cursor}`);
    if (rows.length === 0) break;
    yield rows.map((row) => row.line);
    const size = rows.reduce((sum, row) => sum + row.line.length, 0) / rows.length;
    count = Math.max(1, Math.min(BATCH_ROWS, count * 8, Math.floor(BATCH / Math.max(1, size))));
  }
  await client.query(`close ${cursor}`);
}

/** The values of lines that are handed over as $1, by number and by column. */
export const VALUES = 'jsonb_array_elements($1::jsonb) with ordinality as r (v, place)';
export const cast = (columns: readonly Column[], name: string): string => {
  const at = columns.findIndex((column) => column.name === name);
  return `(r.v ->> ${at})::${columns[at]!.type}`;
};

/** Lines as one argument of a statement. */
export const argument = (lines: readonly string[]): string => `[${lines.join(',')}]`;

/** Writes lines as rows, as they are. @param client  inside a transaction after setForms */
export async function writeLines(
  client: Client,
  table: string,
  columns: readonly Column[],
  lines: readonly string[],
): Promise<number> {
  const names = columns.map(({ name }) => quoted(name)).join(', ');
  const values = columns.map(({ name }) => cast(columns, name)).join(', ');
  const { rowCount } = await client.query(
    `insert into ${table} (${names}) overriding system value select ${values} from ${VALUES} order by r.place`,
    [argument(lines)],
  );
  return rowCount ?? 0;
}

/** How many rows there are, and what they are: a sum over the hash of each, whatever their order. */
export interface Sum {
  count: number;
  hash: string;
}

/** @param client  inside a transaction after setForms */
export async function sumOf(
  client: Client,
  table: string,
  columns: readonly Column[],
  {
    where = 'true',
    values = [],
    cleared,
  }: { where?: string; values?: unknown[]; cleared?: ReadonlySet<string> } = {},
): Promise<Sum> {
  const { rows } = await client.query<{ count: string; hash: string }>(
    `select count(*)::text as count, coalesce(sum(('x' || substr(md5(${lineOf(columns, 't', cleared)}), 1, 15))::bit(60)::bigint), 0)::text as hash
     from ${table} t where ${where}`,
    values,
  );
  return { count: Number(rows[0]!.count), hash: rows[0]!.hash };
}
