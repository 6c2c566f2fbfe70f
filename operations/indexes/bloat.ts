import type { Pool } from 'pg';
import { ColloquyError } from '../../lib/errors.ts';
import { readIndexes, wasteOf } from './facts.ts';

export interface TableBloat {
  table: string;
  bytes: number;
  rows: number;
  deadRows: number;
  deadShare: number;
}

export interface IndexBloat {
  index: string;
  table: string;
  bytes: number;
  /** Bytes that hold nothing; null where neither an estimate nor a measurement is had. */
  waste: number | null;
  share: number | null;
  basis: 'types' | 'pgstattuple' | 'unknown';
}

export interface Bloat {
  tables: TableBloat[];
  indexes: IndexBloat[];
  leftovers: string[];
}

const TABLES = `
  select format('%I.%I', s.schemaname, s.relname) as table, pg_catalog.pg_table_size(s.relid)::float8 as bytes, s.n_live_tup::float8 as rows,
    s.n_dead_tup::float8 as "deadRows", case when s.n_dead_tup > 0 then s.n_dead_tup::float8 / (s.n_live_tup + s.n_dead_tup) else 0 end as "deadShare"
  from pg_catalog.pg_stat_all_tables s
  join pg_catalog.pg_class c on c.oid = s.relid
  where s.schemaname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss') and c.relkind in ('r', 'm')
  order by s.n_dead_tup desc, 2 desc, 1`;

/** A leaf page of a B-tree is filled to 90 % when it is made. */
const DENSE = 90;

/** Where pgstattuple is installed. Names are quoted by the server. @throws ColloquyError CQ656 where it is not */
async function densities(pool: Pick<Pool, 'query'>): Promise<Map<string, number>> {
  const { rows: places } = await pool.query<{ schema: string }>(
    `select quote_ident(n.nspname) as schema from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pgstattuple'`,
  );
  if (!places[0]) {
    throw new ColloquyError('CQ656', 'The extension pgstattuple is not installed in this database.', {
      hint: 'As a superuser: create extension pgstattuple with schema extensions; or leave --exact out.',
    });
  }
  const { rows } = await pool.query<{ index: string; density: number }>(`
    select format('%I.%I', n.nspname, i.relname) as index, (${places[0].schema}.pgstatindex(i.oid::regclass)).avg_leaf_density as density
    from pg_catalog.pg_class i join pg_catalog.pg_namespace n on n.oid = i.relnamespace join pg_catalog.pg_am m on m.oid = i.relam
    join pg_catalog.pg_index x on x.indexrelid = i.oid
    where i.relkind = 'i' and m.amname = 'btree' and x.indisvalid and n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')`);
  return new Map(
    rows.filter(({ density }) => Number.isFinite(density)).map(({ index, density }) => [index, density]),
  );
}

/**
 * How much of tables and indexes holds nothing, the largest first.
 * @param pool  of the monitor
 */
export async function readBloat(pool: Pick<Pool, 'query'>, { exact }: { exact: boolean }): Promise<Bloat> {
  const { rows: tables } = await pool.query<TableBloat>(TABLES);
  const all = await readIndexes(pool);
  const measured = exact ? await densities(pool) : new Map<string, number>();
  const indexes = all
    .filter(({ isLeftover }) => !isLeftover)
    .map((one): IndexBloat => {
      const { index, table, bytes } = one;
      const density = measured.get(index);
      if (density !== undefined) {
        const share = Math.max(0, 1 - density / DENSE);
        return { index, table, bytes, waste: Math.round(bytes * share), share, basis: 'pgstattuple' };
      }
      if (one.neededBytes === null)
        return { index, table, bytes, waste: null, share: null, basis: 'unknown' };
      const share = wasteOf(one);
      return { index, table, bytes, waste: Math.round(bytes * share), share, basis: 'types' };
    });
  indexes.sort(
    (a, b) => (b.waste ?? 0) - (a.waste ?? 0) || b.bytes - a.bytes || (a.index < b.index ? -1 : 1),
  );
  return { tables, indexes, leftovers: all.filter(({ isLeftover }) => isLeftover).map(({ index }) => index) };
}
