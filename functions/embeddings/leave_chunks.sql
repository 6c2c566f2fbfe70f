-- What a worker took and gave no vector is free again at once (take_chunks). Only the worker may call it.
create or replace function app_hidden.leave_chunks(for_workspace uuid, chunk_ids uuid[])
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_hidden.embedding_backlog b
  set taken_until = null
  where b.workspace_id = for_workspace and b.chunk_id = any (chunk_ids) and b.taken_until is not null;
$$;
comment on function app_hidden.leave_chunks(uuid, uuid[]) is 'Gives back the chunks that got no vector.';
grant execute on function app_hidden.leave_chunks(uuid, uuid[]) to colloquy_worker;
