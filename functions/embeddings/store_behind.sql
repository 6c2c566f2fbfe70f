-- While the index of a partition is built nobody can write to it. New work must not wait for that.
create or replace function app_hidden.store_behind(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
begin
  return app_hidden.store_embeddings(for_version, for_workspace, chunk_ids, vectors);
end
$$;
comment on function app_hidden.store_behind(uuid, uuid, uuid[], text[]) is
  'store_embeddings for a version that is not the active one: gives up (55P03) rather than wait for its index to be built.';
grant execute on function app_hidden.store_behind(uuid, uuid, uuid[], text[]) to colloquy_worker;
