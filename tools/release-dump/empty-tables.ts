import type { Database } from '../../lib/database.ts';

/** Tables of the application, and what the queue is asked to do, that have no row. Of partitioned tables the whole. */
export async function emptyTables(database: Database): Promise<string[]> {
  const pool = database.pool('admin');
  const { rows } = await pool.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
     from pg_catalog.pg_class c
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and (n.nspname like 'app\\_%' and n.nspname <> 'app_partitions'
       or format('%s.%s', n.nspname, c.relname) in ('pgboss.job', 'pgboss.queue', 'pgboss.schedule', 'graphile_migrate.migrations'))
     order by 1`,
  );
  const empty: string[] = [];
  for (const { name } of rows) {
    const found = await pool.query(`select from ${name} limit 1`);
    if (found.rowCount === 0) empty.push(name);
  }
  return empty;
}
