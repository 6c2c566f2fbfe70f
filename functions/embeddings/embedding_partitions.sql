-- The partitions of one embedding version: by list on the version, then by hash on the workspace with the modulus that
-- chunks have, so that joins go partition by partition. The dimension is checked here, since the column has none.
--
-- Made beside the table and then attached: "create table … partition of" would lock out every search until the end of
-- the transaction, attaching locks out none.
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
    'create table app_partitions.embeddings_%s (
       like app_public.embeddings including defaults including constraints including storage including compression,
       constraint embeddings_%1$s_dimensions check (extensions.vector_dims(embedding) = %s)
     ) partition by hash (workspace_id)',
    version.number, version.dimensions
  );
  for remainder in 0 .. modulus - 1 loop
    execute format(
      'create table app_partitions.embeddings_%1$s_%2$s partition of app_partitions.embeddings_%1$s for values with (modulus %3$s, remainder %4$s)',
      version.number, lpad(remainder::text, 2, '0'), modulus, remainder
    );
  end loop;
  execute format(
    'alter table app_public.embeddings attach partition app_partitions.embeddings_%s for values in (%L)', version.number, version.id
  );
end
$$;
comment on function app_private.create_embedding_partitions(uuid) is 'Makes the partitions of an embedding version, without the vector index.';

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
