-- An index is whole when every partition of its version has one: a version without it is not activated.
create or replace function app_private.embedding_index_is_valid(for_version uuid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
    from app_public.embedding_versions v
    join pg_class c on c.relnamespace = 'app_partitions'::regnamespace and c.relname = format('embeddings_%s_hnsw', v.number)
    join pg_index i on i.indexrelid = c.oid
    where v.id = for_version and i.indisvalid
  );
$$;
comment on function app_private.embedding_index_is_valid(uuid) is 'Whether the vector index of an embedding version is whole.';
