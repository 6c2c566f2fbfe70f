-- An index is built partition by partition (build_embedding_index), so it must be known how many there are.
create or replace function app_private.embedding_partition_count(for_version uuid)
returns integer
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select count(*)::integer
  from app_public.embedding_versions v
  join pg_inherits i on i.inhparent = to_regclass(format('app_partitions.embeddings_%s', v.number))
  where v.id = for_version;
$$;
comment on function app_private.embedding_partition_count(uuid) is 'How many hash partitions an embedding version was made with.';
