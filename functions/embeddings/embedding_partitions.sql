-- The partitions of one embedding version: by list on the version, then by hash on the workspace with the modulus that
-- chunks have, so that joins go partition by partition. The dimension is checked here, since the column has none.
create or replace function app_private.create_embedding_partitions(for_version uuid)
returns void
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  version app_public.embedding_versions;
  modulus integer := app_hidden.setting('hash_partitions')::integer;
begin
  select * into strict version from app_public.embedding_versions v where v.id = for_version;
  execute format(
    'create table app_partitions.embeddings_%s partition of app_public.embeddings (
       constraint embeddings_%1$s_dimensions check (extensions.vector_dims(embedding) = %s)
     ) for values in (%L) partition by hash (workspace_id)',
    version.number, version.dimensions, version.id
  );
  for remainder in 0 .. modulus - 1 loop
    execute format(
      'create table app_partitions.embeddings_%1$s_%2$s partition of app_partitions.embeddings_%1$s for values with (modulus %3$s, remainder %4$s)',
      version.number, lpad(remainder::text, 2, '0'), modulus, remainder
    );
  end loop;
end
$$;
comment on function app_private.create_embedding_partitions(uuid) is 'Makes the partitions of an embedding version, without the vector index.';

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
comment on function app_private.create_embedding_index(uuid) is 'Builds the vector index of an embedding version, on all its partitions.';
