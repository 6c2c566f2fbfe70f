import { argument, cast, quoted, VALUES } from './rows.ts';
import { type Client, type Column, storedColumns, type Table } from './tables.ts';

/** What became of the rows of a table. */
export interface Returned {
  /** Rows that the backup has. */
  inBackup: number;
  returned: number;
  /** They are in the live database, and stay as they are there. */
  alreadyThere: number;
  /** What they refer to is gone, and they would have gone with it. */
  withoutParent: number;
  /** Something else has their place by now: an equal name, number or external id. */
  conflicts: number;
}

export const nothingReturned = (): Returned => ({
  inBackup: 0,
  returned: 0,
  alreadyThere: 0,
  withoutParent: 0,
  conflicts: 0,
});

/** What is written of a table from what the backup has of it. */
export interface Writing {
  table: Table;
  /** Of the lines: what both sides have. */
  columns: Column[];
  /** Values in place of those of the lines, until the rows are settled. */
  meanwhile: Record<string, string>;
}

/** The rows that this transaction brings back: only those are settled. */
export async function noteReturned(client: Client): Promise<void> {
  await client.query(
    'create temporary table returned_rows (relation text, key text, primary key (relation, key)) on commit drop',
  );
}

const keyOf = (table: Table, alias: string): string =>
  `to_json(array[${table.key.map((name) => `${alias}.${quoted(name)}::text`).join(', ')}])::text`;

const sameKey = (table: Table, one: string, other: string): string =>
  table.key.map((name) => `${one}.${quoted(name)} = ${other}.${quoted(name)}`).join(' and ');

/** For each foreign key whose columns are all there: whether what it refers to is in the live database. */
function parents(table: Table, alias: string) {
  return table.foreignKeys.map((key) => ({
    key,
    isSelf: key.target === table.name,
    exists: `exists (select from ${key.target} p where ${key.columns
      .map((name, at) => `p.${quoted(key.targetColumns[at]!)} = ${alias}.${quoted(name)}`)
      .join(' and ')})`,
    isNull: key.columns.map((name) => `${alias}.${quoted(name)} is null`).join(' or '),
  }));
}

/** What is written into a column: null where what it refers to is gone, as the deletion would have left it. */
function valueIn(table: Table, alias: string, name: string, meanwhile: Record<string, string>): string {
  if (meanwhile[name] !== undefined) return meanwhile[name];
  const nulling = parents(table, alias).filter(({ key }) => key.nulled.includes(name));
  if (nulling.length === 0) return `${alias}.${quoted(name)}`;
  return `case when ${nulling.map(({ exists }) => exists).join(' and ')} then ${alias}.${quoted(name)} end`;
}

const incoming = (columns: readonly Column[]): string =>
  `incoming as materialized (select r.place, ${columns.map(({ name }) => `${cast(columns, name)} as ${quoted(name)}`).join(', ')} from ${VALUES})`;

/**
 * Writes rows that the live database lacks, and leaves those that it has. A foreign key decides as in a deletion: where it cascades, a
 * row without its parent stays away; where it sets null, it is null.
 */
export async function returnLines(client: Client, writing: Writing, lines: string[]): Promise<Returned> {
  const { table, columns, meanwhile } = writing;
  const demanded = parents(table, 'i')
    .filter(({ key, isSelf }) => key.nulled.length === 0 && !isSelf)
    .map(({ exists, isNull }) => `(${isNull} or ${exists})`);
  const free = table.deferredKeys.map(
    (names) =>
      `not exists (select from ${table.name} o where ${names.map((name) => `o.${quoted(name)} = i.${quoted(name)}`).join(' and ')})`,
  );
  const hasParents = demanded.length > 0 ? demanded.join(' and ') : 'true';
  const { rows } = await client.query(
    `with ${incoming(columns)},
     here as (select i.place from incoming i join ${table.name} t on ${sameKey(table, 't', 'i')}),
     fit as (select i.place from incoming i where ${hasParents}),
     returned as (
       insert into ${table.name} as t (${columns.map(({ name }) => quoted(name)).join(', ')}) overriding system value
       select ${columns.map(({ name }) => valueIn(table, 'i', name, meanwhile)).join(', ')}
       from incoming i where i.place in (select place from fit) and i.place not in (select place from here)${free.map((one) => ` and ${one}`).join('')}
       order by i.place
       ${free.length > 0 ? '' : 'on conflict do nothing'}
       returning ${keyOf(table, 't')} as key
     ),
     noted as (insert into returned_rows (relation, key) select $2, key from returned)
     select
       (select count(*)::int from incoming) as "inBackup", (select count(*)::int from returned) as returned,
       (select count(*)::int from here) as "alreadyThere",
       (select count(*)::int from incoming i where i.place not in (select place from fit) and i.place not in (select place from here)) as "withoutParent"`,
    [argument(lines), table.name],
  );
  const counts = rows[0];
  return {
    ...counts,
    conflicts: counts.inBackup - counts.returned - counts.alreadyThere - counts.withoutParent,
  };
}

/** Sets the rows that came back to what they were, where triggers or what was not there yet made them differ. */
export async function settleLines(client: Client, writing: Writing, lines: string[]): Promise<void> {
  const { table, columns } = writing;
  const free = columns.filter(({ name }) => !table.key.includes(name));
  if (free.length === 0) return;
  const wanted = (name: string): string => valueIn(table, 'i', name, {});
  const joined = `from incoming i join ${table.name} t on ${sameKey(table, 't', 'i')}
     join returned_rows b on b.relation = $2 and b.key = ${keyOf(table, 't')}`;
  const { rows } = await client.query(
    `with ${incoming(columns)}
     select ${free.map(({ name }, at) => `bool_or(t.${quoted(name)}::text is distinct from (${wanted(name)})::text) as c${at}`).join(', ')} ${joined}`,
    [argument(lines), table.name],
  );
  const differing = free.filter((_, at) => rows[0][`c${at}`] === true).map(({ name }) => name);
  if (differing.length === 0) return;
  const keys = table.key.map((name) => `i.${quoted(name)}`);
  const values = differing.map((name) => `${wanted(name)} as ${quoted(name)}`);
  await client.query(
    `with ${incoming(columns)}
     update ${table.name} u set ${differing.map((name) => `${quoted(name)} = w.${quoted(name)}`).join(', ')}
     from (select ${[...keys, ...values].join(', ')} ${joined}) as w
     where ${sameKey(table, 'u', 'w')}`,
    [argument(lines), table.name],
  );
}

/** The columns that both sides have; without its key a row cannot be told from another. */
export function writingOf(table: Table, inBackup: Table, meanwhile: Record<string, string>): Writing {
  const names = new Set(storedColumns(inBackup).map(({ name }) => name));
  return { table, columns: storedColumns(table).filter(({ name }) => names.has(name)), meanwhile };
}
