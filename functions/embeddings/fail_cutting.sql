-- Counts a failed attempt at cutting a text, in a statement of its own that nothing rolls back (begin_cutting). Only the worker
-- may call it.
create or replace function app_hidden.fail_cutting(
  for_workspace uuid, for_source_type app_public.source_type, for_source uuid, code text, error text, of_hash bytea default null,
  at_sequence_number integer default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  pause double precision := app_hidden.setting('cutting_retry_seconds')::double precision;
  is_dead boolean;
begin
  -- it may be gone meanwhile: then there is nothing to count
  insert into app_hidden.cutting_failures as f (
    workspace_id, document_id, memory_item_id, conversation_id, sequence_number, content_hash, attempts, code, error, next_attempt_at
  )
  select
    for_workspace, s.document_id, s.memory_item_id, s.conversation_id, at_sequence_number, of_hash, 1, left(fail_cutting.code, 50),
    left(fail_cutting.error, 1000), clock_timestamp()
  from (
    select d.id as document_id, null::uuid as memory_item_id, null::uuid as conversation_id
    from app_public.documents d where for_source_type = 'document' and d.workspace_id = for_workspace and d.id = for_source
    union all
    select null, m.id, null
    from app_public.memory_items m where for_source_type = 'memory' and m.workspace_id = for_workspace and m.id = for_source
    union all
    select null, null, c.id
    from app_public.conversations c where for_source_type = 'message' and c.workspace_id = for_workspace and c.id = for_source
  ) as s
  on conflict on constraint cutting_failures_source_key do update
  set attempts = case
      when f.content_hash is distinct from excluded.content_hash then 1
      -- a large one was counted when it began
      else f.attempts + (f.code <> 'interrupted')::integer
    end,
    content_hash = excluded.content_hash, code = excluded.code, error = excluded.error, failed_at = clock_timestamp(), is_dead = false;
  update app_hidden.cutting_failures f
  set is_dead = f.attempts >= app_hidden.setting('cutting_attempts')::integer,
    next_attempt_at = clock_timestamp() + make_interval(secs => least(pause * 4 ^ least(f.attempts - 1, 10), 86400) * (0.75 + random() / 2))
  where f.workspace_id = for_workspace and app_private.is_failure_of(f, for_source_type, for_source, at_sequence_number)
  returning f.is_dead into is_dead;
  return case is_dead when true then 'dead' when false then 'waits' else 'gone' end;
end
$$;
comment on function app_hidden.fail_cutting(uuid, app_public.source_type, uuid, text, text, bytea, integer) is
  'Says why a text could not be cut: it is tried again after a growing pause, and given up with the last attempt. Returns waits, dead, or gone.';
grant execute on function app_hidden.fail_cutting(uuid, app_public.source_type, uuid, text, text, bytea, integer) to colloquy_worker;
