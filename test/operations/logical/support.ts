import type { PoolClient } from 'pg';
import { readCatalogue } from '../../../lib/catalogue.ts';
import { type Database, inTransaction } from '../../../lib/database.ts';
import { type Sum, setForms, sumOf } from '../../../operations/logical/rows.ts';
import type { Scope } from '../../../operations/logical/scope.ts';
import { readTables, storedColumns, type Table } from '../../../operations/logical/tables.ts';

/** Reads as the administrator, with values written as dumps write them. */
export const reading = <T>(database: Database, work: (client: PoolClient) => Promise<T>): Promise<T> =>
  inTransaction(database.pool('admin'), async (client) => {
    await setForms(client);
    return work(client);
  });

export const tablesOf = (database: Database): Promise<Table[]> => reading(database, readTables);

/** How many rows each table has, and what they are; of a scope, those that belong. */
export const sumsOf = (
  database: Database,
  tables: readonly Table[],
  scope?: Scope,
  values: unknown[] = [],
): Promise<Record<string, Sum>> =>
  reading(database, async (client) => {
    const sums: Record<string, Sum> = {};
    for (const table of tables) {
      if (scope && !scope.has(table.name)) continue;
      const where = scope?.get(table.name)?.('t');
      const sum = await sumOf(
        client,
        table.name,
        storedColumns(table),
        where === undefined ? {} : { where, values },
      );
      if (sum.count > 0) sums[table.name] = sum;
    }
    return sums;
  });

export const catalogueOf = async (database: Database) => {
  const client = await database.pool('admin').connect();
  try {
    return await readCatalogue(client);
  } finally {
    client.release();
  }
};

/** Texts that something on the way could take for something else, and vectors as long as there are. */
export async function addHardRows(database: Database): Promise<void> {
  const owner = database.pool('owner');
  const { rows } = await owner.query(
    'select c.id, c.workspace_id from app_public.conversations c where c.storage_tier = $1 order by c.id limit 1',
    ['hot'],
  );
  const text = `\\N\\.\t\u2028\u2029\r\n"'\\u0000 ${'ß😀'.repeat(150_000)}`;
  // what was said is never changed otherwise
  await owner.query('alter table app_public.messages disable trigger messages_05_write_once');
  await owner.query(
    `update app_public.messages set content = $2, metadata = '{"null": null, "large": 12345678901234567890.123456789}'
     where id = (select min(m.id::text)::uuid from app_public.messages m where m.conversation_id = $1)`,
    [rows[0].id, text],
  );
  await owner.query('alter table app_public.messages enable trigger messages_05_write_once');
  const { rows: versions } = await owner.query(
    `insert into app_public.embedding_versions (name, provider, model, dimensions, chunk_size, chunk_overlap, status)
     values ('long', 'test', 'test', 3072, 100, 0, 'building') returning id`,
  );
  await owner.query('select app_private.create_embedding_partitions($1)', [versions[0].id]);
  await owner.query(
    `insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
     select $1, c.workspace_id, c.id, (select array_agg(sin(i) / 55) from generate_series(1, 3072) as i)::extensions.halfvec
     from app_public.chunks c order by c.id limit 3`,
    [versions[0].id],
  );
}
