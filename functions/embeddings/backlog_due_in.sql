-- When the job of a workspace has to come again for chunks that must wait (take_chunks). Only the worker may call it.
create or replace function app_hidden.backlog_due_in(for_version uuid, for_workspace uuid)
returns double precision
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select extract(epoch from min(due.at) - clock_timestamp())::double precision
  from (
    select b.taken_until as at
    from app_hidden.embedding_backlog b
    where b.workspace_id = for_workspace and b.taken_until is not null
    union all
    select f.next_attempt_at
    from app_hidden.embedding_failures f
    where f.version_id = for_version and f.workspace_id = for_workspace and not f.is_dead
  ) as due;
$$;
comment on function app_hidden.backlog_due_in(uuid, uuid) is
  'In how many seconds the first chunk is due that somebody has taken or that failed; null when there is none.';
grant execute on function app_hidden.backlog_due_in(uuid, uuid) to colloquy_worker;
