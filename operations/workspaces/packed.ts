import { namedLineOf, quoted } from '../logical/rows.ts';
import type { Client, Table } from '../logical/tables.ts';
import { storedColumns } from '../logical/tables.ts';

/** A query of the rows of one table that are packed in archives of a workspace ($1), called t. */
interface Packed {
  from: string;
}

/**
 * By table, what of it is packed: archives of other versions have other columns.
 * @param ofConversations  a condition for the conversation c
 */
export async function packedRows(
  client: Client,
  tables: readonly Table[],
  workspaceId: string,
  ofConversations: string,
): Promise<Map<string, Packed[]>> {
  const { rows } = await client.query<{ name: string; columns: string; query: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name, p.columns::text as columns, app_private.unpack_query(p.packed, p.columns) as query
     from (
       select distinct a.packed, a.columns from app_hidden.conversation_archive_parts a where a.workspace_id = $1
     ) as p
     join pg_catalog.pg_class c on c.oid = p.packed
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     order by 1, 2`,
    [workspaceId],
  );
  const found = new Map<string, Packed[]>();
  for (const { name, columns, query } of rows) {
    if (!tables.some((table) => table.name === name)) continue;
    const document = query.replace(/\$1\b/g, 'a.document').replace(/\$2\b/g, 'c.owner_id');
    const literal = `'${columns.replaceAll("'", "''")}'`;
    const from = `app_hidden.conversation_archive_parts a
      join app_public.conversations c on c.workspace_id = a.workspace_id and c.id = a.conversation_id
      cross join lateral (${document}) as t
      where a.workspace_id = $1 and (${ofConversations}) and a.packed = '${name}'::regclass and a.columns = ${literal}::text[]`;
    found.set(name, [...(found.get(name) ?? []), { from }]);
  }
  return found;
}

export const packedLines = (table: Table, { from }: Packed): string =>
  `select ${namedLineOf(storedColumns(table))} as line from ${from} order by a.conversation_id, a.part`;

/** Whom the packed rows refer to. */
export const packedPeople = (table: Table, { from }: Packed): string[] =>
  table.foreignKeys
    .filter(({ target }) => target === 'app_public.users')
    .map(({ columns: [column] }) => `select t.${quoted(column!)} from ${from}`);
