-- Builds the vector index of a version after its load, one hash partition a call and a transaction: a bulk build is far
-- cheaper than inserts one by one, and what is done stays done when the process dies. The partitions of the active
-- version are not touched. While a partition is built its rows can be read but not written: a delete of a document of
-- a workspace in it waits, new vectors go around (store_behind).
create or replace function app_hidden.build_embedding_index(for_version uuid, remainder integer default null)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '5s'
as $$
declare
  version app_public.embedding_versions;
  modulus integer;
  memory integer := least(greatest(app_hidden.setting('embedding_index_memory_mb')::integer, 16), 8192);
  parent_name text;
  leaf text;
  existing record;
begin
  select v.* into version from app_public.embedding_versions v where v.id = for_version;
  if version.id is null then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  if version.status = 'archived' then
    raise exception 'The embedding version "%" is archived.', version.name using errcode = 'CQ304', hint = 'Create a new one.';
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.build_embedding_index ' || for_version, 0)) then
    -- somebody else builds it
    return false;
  end if;
  modulus := app_private.embedding_partition_count(for_version);
  parent_name := format('embeddings_%s_hnsw', version.number);

  -- first, and in a transaction of its own: it locks the whole version against writing, for a moment
  if remainder is null then
    execute format(
      'create index if not exists %I on only app_partitions.embeddings_%s using hnsw ((embedding::extensions.halfvec(%s)) extensions.halfvec_cosine_ops)',
      parent_name, version.number, version.dimensions
    );
    return true;
  end if;
  if remainder not between 0 and modulus - 1 then
    raise exception 'A partition is 0 to %, not %.', modulus - 1, remainder using errcode = 'CQ200', hint = 'Call it for each.';
  end if;
  leaf := format('embeddings_%s_%s', version.number, lpad(remainder::text, 2, '0'));
  if exists (
    select
    from pg_inherits n
    join pg_index i on i.indexrelid = n.inhrelid
    where n.inhparent = to_regclass(format('app_partitions.%I', parent_name)) and i.indrelid = format('app_partitions.%I', leaf)::regclass
  ) then
    return true;
  end if;

  -- what an aborted "create index concurrently" of an operator left
  select i.indexrelid::regclass as name, i.indisvalid into existing
  from pg_index i where i.indexrelid = to_regclass(format('app_partitions.%I', leaf || '_hnsw'));
  if existing.name is not null and not existing.indisvalid then
    execute format('drop index %s', existing.name);
  end if;
  perform set_config('maintenance_work_mem', memory || 'MB', true);
  execute format(
    'create index if not exists %I on app_partitions.%I using hnsw ((embedding::extensions.halfvec(%s)) extensions.halfvec_cosine_ops)',
    leaf || '_hnsw', leaf, version.dimensions
  );
  -- with the last one the index of the version becomes valid
  execute format('alter index app_partitions.%I attach partition app_partitions.%I', parent_name, leaf || '_hnsw');
  return true;
end
$$;
comment on function app_hidden.build_embedding_index(uuid, integer) is
  'Builds the vector index of a version on one partition; without a partition, prepares it. Done again, it changes nothing. False: somebody else builds it.';
grant execute on function app_hidden.build_embedding_index(uuid, integer) to colloquy_worker;
