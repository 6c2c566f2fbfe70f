-- For a version that is empty or that nobody writes to yet; one that is in use is indexed partition by partition
-- (app_hidden.build_embedding_index).
create or replace function app_private.create_embedding_index(for_version uuid)
returns void
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  version app_public.embedding_versions;
begin
  select * into strict version from app_public.embedding_versions v where v.id = for_version;
  -- serves: the index path of search
  execute format(
    'create index if not exists embeddings_%s_hnsw on app_partitions.embeddings_%1$s
       using hnsw ((embedding::extensions.halfvec(%s)) extensions.halfvec_cosine_ops)',
    version.number, version.dimensions
  );
end
$$;
comment on function app_private.create_embedding_index(uuid) is 'Builds the vector index of an embedding version on all its partitions at once.';
