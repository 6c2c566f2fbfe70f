-- While the index of a partition is built its rows are locked against writing. Who is about to pay for vectors looks first.
create or replace function app_private.embedding_partition_is_locked(for_version uuid, for_workspace uuid)
returns boolean
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  -- first the partitions of the version: asked of another table, satisfies_hash_partition raises
  with leaves as materialized (
    select i.inhrelid, i.inhparent, substring(c.relname from '[0-9]+$')::integer as remainder
    from app_public.embedding_versions v
    join pg_inherits i on i.inhparent = to_regclass(format('app_partitions.embeddings_%s', v.number))
    join pg_class c on c.oid = i.inhrelid
    where v.id = for_version
  )
  select exists (
    select
    from leaves f
    join pg_locks l on l.relation = f.inhrelid
    where l.locktype = 'relation' and l.mode = 'ShareLock' and l.granted
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and satisfies_hash_partition(f.inhparent, (select count(*) from leaves)::integer, f.remainder, for_workspace)
  );
$$;
comment on function app_private.embedding_partition_is_locked(uuid, uuid) is 'Whether the vectors of a workspace in a version cannot be written at the moment.';
