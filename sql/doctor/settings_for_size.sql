-- only: server
-- Settings that are as they were installed although the database has grown. npm run ops -- tune knows the machine and says how much; this
-- only sees that it is time to ask it.
with limits as (
  select
    16 as most_times_shared_buffers, -- a database of more is rarely answered from memory
    2 * 1024 ^ 3 as least_bytes, -- smaller ones run well with the defaults
    1800 as index_bytes_per_row -- of memory that a vector index of 512 dimensions is built with, measured
),
database as (
  select
    pg_catalog.pg_database_size(pg_catalog.current_database()) as bytes,
    (select s.setting::bigint * 8192 from pg_catalog.pg_settings s where s.name = 'shared_buffers') as buffers,
    (
      select max(c.reltuples) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'app_partitions' and c.relkind = 'r' and c.relname ~ '^embeddings_'
    ) as most_vectors,
    app_hidden.setting('embedding_index_memory_mb')::bigint * 1024 * 1024 as index_memory
)
select 'settings_for_size' as name, found.severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#settings_for_size' as runbook
from limits
cross join database d
cross join lateral (
  values
    (
      'shared_buffers', 'warning', d.bytes >= limits.least_bytes and d.bytes > limits.most_times_shared_buffers * d.buffers,
      format('It is %s, the database %s.', pg_catalog.pg_size_pretty(d.buffers), pg_catalog.pg_size_pretty(d.bytes)), 'npm run ops -- tune'
    ),
    (
      'embedding_index_memory_mb', 'warning', d.most_vectors * limits.index_bytes_per_row > d.index_memory,
      format(
        'The largest partition of vectors has %s rows: its index needs %s to be built in memory, and may take %s. It is built several times slower.',
        d.most_vectors, pg_catalog.pg_size_pretty((d.most_vectors * limits.index_bytes_per_row)::bigint), pg_catalog.pg_size_pretty(d.index_memory)
      ),
      format(
        'update app_private.settings set value = %L where name = ''embedding_index_memory_mb'';',
        least(8192, ceil(d.most_vectors * limits.index_bytes_per_row * 1.2 / 1048576))
      )
    ),
    (
      'jit', 'info', d.bytes >= limits.least_bytes and pg_catalog.current_setting('jit_above_cost')::float8 between 0 and 100000
        and (select s.reset_val from pg_catalog.pg_settings s where s.name = 'jit') = 'on',
      'Short queries over many partitions are compiled before they run, which takes longer than they do.',
      'alter system set jit = off; select pg_catalog.pg_reload_conf();'
    ),
    (
      'random_page_cost', 'info', d.bytes >= limits.least_bytes
        and (select s.reset_val from pg_catalog.pg_settings s where s.name = 'random_page_cost')::float8 >= 4,
      'It is that of a turning disk: on flash the planner avoids indexes that would be faster.',
      'alter system set random_page_cost = 1.1; select pg_catalog.pg_reload_conf();'
    )
) as found (subject, severity, is_so, detail, remedy)
where found.is_so
order by found.subject;
