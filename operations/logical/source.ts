import type { Pool, PoolClient } from 'pg';
import { lineOf, readLines, type Sum, setForms, sumOf } from './rows.ts';
import { type Column, readTables, storedColumns, type Table } from './tables.ts';

/** A sequence of an identity column, and the last number that it gave. */
export interface Sequence {
  table: string;
  column: string;
  last: string | null;
}

/** The partitions of an embedding version, which are made when the version is: a table has them beside its rows. */
export interface VersionPartitions {
  versionId: string;
  /** Whether its vector index is whole. */
  isIndexed: boolean;
}

/** Rows that are read from somewhere, of one moment. */
export interface RowSource {
  readonly tables: readonly Table[];
  readonly sequences: readonly Sequence[];
  readonly versions: readonly VersionPartitions[];
  /** What is read of a table. */
  columns(table: Table): Column[];
  lines(table: Table): AsyncIterable<string[]>;
  sum(table: Table): Promise<Sum>;
}

const SEQUENCES = `
  select format('%I.%I', n.nspname, c.relname) as table, a.attname as column, q.last_value::text as last
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_depend d on d.refobjid = c.oid and d.refobjsubid = a.attnum and d.deptype = 'i' and d.classid = 'pg_class'::regclass
  join pg_class s on s.oid = d.objid and s.relkind = 'S'
  join pg_namespace sn on sn.oid = s.relnamespace
  join pg_sequences q on q.schemaname = sn.nspname and q.sequencename = s.relname
  where a.attidentity <> '' and n.nspname in ('app_public', 'app_hidden', 'app_private')
    and (n.nspname, c.relname) <> ('app_hidden', 'applied_functions')`;

const VERSIONS = `
  select v.id as "versionId", coalesce(bool_or(i.indisvalid), false) as "isIndexed"
  from app_public.embedding_versions v
  join pg_class c on c.relnamespace = 'app_partitions'::regnamespace and c.relname = 'embeddings_' || v.number
  left join pg_class x on x.relnamespace = c.relnamespace and x.relname = 'embeddings_' || v.number || '_hnsw'
  left join pg_index i on i.indexrelid = x.oid
  group by v.id, v.number
  order by v.number`;

/** A source that reads its rows itself, with the connection that it reads by. */
export type OpenSource = RowSource & { client: PoolClient };

/**
 * A database at one moment: what is committed later is not seen. Ended with the work. An embedded database serves nobody else meanwhile.
 * @param pool  of colloquy_backup, which reads every row
 */
export async function readingAll<T>(pool: Pool, work: (source: OpenSource) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    // a part of the rows would be taken for all of them
    await client.query('set local row_security = off; set local statement_timeout = 0');
    await setForms(client);
    const tables = await readTables(client);
    const { rows: sequences } = await client.query<Sequence>(SEQUENCES);
    const { rows: versions } = await client.query<VersionPartitions>(VERSIONS);
    return await work({
      client,
      tables,
      sequences,
      versions,
      columns: storedColumns,
      lines: (table) =>
        readLines(client, `select ${lineOf(storedColumns(table))} as line from ${table.name} t`),
      sum: (table) => sumOf(client, table.name, storedColumns(table)),
    });
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
}
