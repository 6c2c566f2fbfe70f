-- What ops reindex, ops bloat and the job index-health know of the indexes: sizes and counters of the catalogue, never content.
--
-- The least size of a B-tree follows from its rows and the lengths of its types. Statistics of tables with row security are hidden from
-- their owner, so a text counts as 24 bytes, and equal keys that are stored once are not seen: the waste is rather more than said.
-- Deleted vectors lower recall even before a vacuum: dead rows are those of the table.
create or replace function app_hidden.index_health()
returns table (
  index_name text, table_name text, method text, version_id uuid, version_name text, dimensions integer, is_valid boolean, is_leftover boolean,
  is_busy boolean, bytes bigint, needed_bytes bigint, row_count bigint, dead_rows bigint, rebuilt_at timestamptz
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    format('%I.%I', n.nspname, i.relname), format('%I.%I', n.nspname, t.relname), m.amname::text, v.id, v.name, v.dimensions,
    x.indisvalid,
    not x.indisvalid and i.relname ~ '_cc(new|old)[0-9]*$',
    exists (
      select
      from pg_locks l
      left join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'relation' and l.relation = t.oid and l.granted and l.pid <> pg_backend_pid()
        and l.mode in ('ShareUpdateExclusiveLock', 'ShareLock', 'AccessExclusiveLock')
        and l.database = (select d.oid from pg_database d where d.datname = current_database())
        -- which gives way
        and a.backend_type is distinct from 'autovacuum worker'
    ),
    pg_relation_size(i.oid),
    case when m.amname = 'btree' and i.reltuples >= 0 then 8192 * (
      1 + ceil(i.reltuples / floor(
        8152 * coalesce(substring(array_to_string(i.reloptions, ',') from 'fillfactor=(\d+)')::numeric, 90) / 100
        / (12 + 8 * ceil(width.bytes / 8.0))
      ))
    )::bigint end,
    greatest(t.reltuples, s.n_live_tup, 0)::bigint,
    coalesce(s.n_dead_tup, 0),
    (
      select max(r.finished_at)
      from app_hidden.maintenance_runs r
      where r.task = 'reindex' and r.outcome = 'succeeded' and r.details ->> 'index' = format('%I.%I', n.nspname, i.relname)
    )
  from pg_index x
  join pg_class i on i.oid = x.indexrelid
  join pg_class t on t.oid = x.indrelid
  join pg_namespace n on n.oid = i.relnamespace
  join pg_am m on m.oid = i.relam
  left join pg_stat_all_tables s on s.relid = t.oid
  left join pg_inherits h on h.inhrelid = t.oid
  left join pg_class parent on parent.oid = h.inhparent
  left join app_public.embedding_versions v on m.amname in ('hnsw', 'ivfflat') and parent.relname = format('embeddings_%s', v.number)
  cross join lateral (
    select coalesce(sum(case when a.attlen > 0 then a.attlen else 24 end), 8) as bytes from pg_attribute a where a.attrelid = i.oid and a.attnum > 0
  ) as width
  where i.relkind = 'i' and t.relkind in ('r', 'm') and n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions');
$$;
comment on function app_hidden.index_health() is
  'Every index of a table or partition: what it belongs to, size, least size, rows, dead rows, and when it was rebuilt last. is_leftover: what an interrupted rebuild left behind.';
grant execute on function app_hidden.index_health() to colloquy_worker, colloquy_monitor;
