-- What the worker calls to learn where events wait to be made knowledge of. Only the worker may call it.
create or replace function app_hidden.find_unprocessed_events(max_batches integer default 1000)
returns table (workspace_id uuid, source text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select e.workspace_id, e.source
  from app_public.raw_events e
  where e.processing_status in ('pending', 'processing') and coalesce(e.retry_at, '-infinity') <= clock_timestamp()
  group by e.workspace_id, e.source
  order by min(e.id::text)
  limit max_batches;
$$;
comment on function app_hidden.find_unprocessed_events(integer) is 'Workspaces and sources with events that wait: what lost jobs and killed workers left.';
grant execute on function app_hidden.find_unprocessed_events(integer) to colloquy_worker;
