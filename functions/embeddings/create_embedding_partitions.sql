-- The partitions of one embedding version: by list on the version, then by hash on the workspace with the modulus that
-- chunks have, so that joins go partition by partition. The dimension is checked here, since the column has none.
--
-- A vacuum that meets dead rows repairs the graph of the vector index row by row, which takes longer than to build it anew and lowers
-- recall: autovacuum comes late here, and the job index-health rebuilds first and vacuums then.
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
      'create table app_partitions.embeddings_%1$s_%2$s partition of app_partitions.embeddings_%1$s for values with (modulus %3$s, remainder %4$s)
       with (autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0.4)',
      version.number, lpad(remainder::text, 2, '0'), modulus, remainder
    );
  end loop;
  execute format(
    'alter table app_public.embeddings attach partition app_partitions.embeddings_%s for values in (%L)', version.number, version.id
  );
end
$$;
comment on function app_private.create_embedding_partitions(uuid) is 'Makes the partitions of an embedding version, without the vector index.';
