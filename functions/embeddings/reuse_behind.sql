-- While the index of a partition is built nobody can write to it. New work must not wait for that.
create or replace function app_hidden.reuse_behind(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
begin
  return (select count(*) from app_hidden.reuse_embeddings(for_version, for_workspace, chunk_ids));
end
$$;
comment on function app_hidden.reuse_behind(uuid, uuid, uuid[]) is 'reuse_embeddings for a version that is not the active one: gives up (55P03) rather than wait.';
grant execute on function app_hidden.reuse_behind(uuid, uuid, uuid[]) to colloquy_worker;
