import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { z } from 'zod';
import { projectFolder } from '../../lib/migrations.ts';

/** What a query needs of a connection. */
export type Client = Pick<ClientBase, 'query'>;

export const columnSchema = z.object({
  name: z.string(),
  /** With its schema, as a cast takes it: `extensions.vector(3)`. */
  type: z.string(),
  isGenerated: z.boolean(),
  isIdentity: z.boolean(),
});
export type Column = z.infer<typeof columnSchema>;

const foreignKeySchema = z.object({
  name: z.string(),
  columns: z.array(z.string()),
  target: z.string(),
  targetColumns: z.array(z.string()),
  /** A row goes with the one that it refers to. */
  cascades: z.boolean(),
  /** Columns that are set to null when what they refer to goes. */
  nulled: z.array(z.string()),
  isDeferrable: z.boolean(),
});

export const tableSchema = z.object({
  /** Quoted where it must be, with its schema. */
  name: z.string(),
  columns: z.array(columnSchema),
  key: z.array(z.string()),
  foreignKeys: z.array(foreignKeySchema),
  /** Columns that are unique together, where that is looked at late: "on conflict" cannot do with those. */
  deferredKeys: z.array(z.array(z.string())),
  /** A trigger looks at rows of other tables before a row comes in: it comes last. */
  looksAtOthers: z.boolean(),
});
export type Table = z.infer<typeof tableSchema>;

const QUERY = readFileSync(join(projectFolder, 'sql/operations/tables.sql'), 'utf8');

/** What is stored of a row: generated columns follow from it. */
export const storedColumns = (table: Table): Column[] => table.columns.filter((one) => !one.isGenerated);

export const tableNamed = (tables: readonly Table[], name: string): Table | undefined =>
  tables.find((table) => table.name === name);

/** In such an order that what a row refers to comes before it; what looks at others before it is written, last. */
export function inOrder(tables: readonly Table[]): Table[] {
  const names = new Set(tables.map((table) => table.name));
  const ordered: Table[] = [];
  const placed = new Set<string>();
  let left = [...tables];
  while (left.length > 0) {
    const next = left.filter((table) =>
      table.foreignKeys.every(
        ({ target }) => target === table.name || placed.has(target) || !names.has(target),
      ),
    );
    // a circle of two tables would need a deferred key, which the load does without: the tests see to that
    if (next.length === 0)
      throw new Error(`Tables refer to each other in a circle: ${left.map((t) => t.name)}`);
    for (const table of next) placed.add(table.name);
    ordered.push(...next);
    left = left.filter((table) => !placed.has(table.name));
  }
  return [
    ...ordered.filter((table) => !table.looksAtOthers),
    ...ordered.filter((table) => table.looksAtOthers),
  ];
}

/** Every table of the application, in the order in which rows go in. @param client  any login, inside a transaction */
export async function readTables(client: Client): Promise<Table[]> {
  await client.query('set local search_path = pg_catalog');
  const { rows } = await client.query(QUERY);
  return inOrder(z.array(tableSchema).parse(rows));
}
