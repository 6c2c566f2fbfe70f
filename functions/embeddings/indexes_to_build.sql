-- What the worker calls to learn which indexes have to be built (build_embedding_index).
create or replace function app_hidden.indexes_to_build()
returns table (version_id uuid, partitions integer)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.id, app_private.embedding_partition_count(v.id)
  from app_hidden.maintained_versions() v
  cross join lateral (
    select coalesce(sum(k.chunk_count), 0) as chunk_count from app_hidden.chunk_counts k
  ) as all_chunks
  cross join lateral (
    select coalesce(sum(e.embedding_count), 0) as embedding_count from app_hidden.embedding_counts e where e.version_id = v.id
  ) as done
  -- loaded but for what comes in all the time
  where all_chunks.chunk_count - done.embedding_count <= greatest(100, all_chunks.chunk_count / 100)
    and not app_private.embedding_index_is_valid(v.id);
$$;
comment on function app_hidden.indexes_to_build() is 'Maintained versions that are loaded, but for 1 % or 100 chunks, and have no whole index.';
grant execute on function app_hidden.indexes_to_build() to colloquy_worker;
