-- The worker that took chunks says that it lives, so that nobody else takes them (take_chunks). Only the worker may call it.
create or replace function app_hidden.keep_chunks(for_workspace uuid, chunk_ids uuid[])
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_hidden.embedding_backlog b
  set taken_until = clock_timestamp() + make_interval(secs => least(15, app_hidden.setting('embedding_claim_seconds')::double precision))
  where b.workspace_id = for_workspace and b.chunk_id = any (chunk_ids) and b.taken_until is not null;
$$;
comment on function app_hidden.keep_chunks(uuid, uuid[]) is 'Says that the worker that took chunks lives.';
grant execute on function app_hidden.keep_chunks(uuid, uuid[]) to colloquy_worker;
