-- Ends the processing of an event, or, when it is not final, has it found by its words while a summary of it is made. Only the worker may
-- call it, with the number of its attempt.
create or replace function app_hidden.complete_event(
  for_workspace uuid,
  for_event uuid,
  of_attempt integer,
  said jsonb default null,
  is_final boolean default true,
  of_reservation uuid default null,
  used_provider text default null,
  used_model text default null,
  prompt_tokens integer default null,
  completion_tokens integer default null,
  cost_usd numeric default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  event app_public.raw_events;
  hash bytea;
  is_known boolean;
begin
  select e.* into event
  from app_public.raw_events e
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  for no key update;
  if event.id is null then
    -- what is logged is the answer that is stored
    perform app_private.settle_reservation(for_workspace, of_reservation, 0, 0);
    return 'late';
  end if;
  if of_reservation is not null then
    perform app_private.settle_reservation(
      for_workspace, of_reservation, complete_event.prompt_tokens + complete_event.completion_tokens, complete_event.cost_usd
    );
    -- with the id of what was set aside: once
    insert into app_public.usage_logs (
      id, workspace_id, user_id, action, provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd, metadata
    )
    values (
      of_reservation, for_workspace, event.owner_id, 'event_summary', used_provider, used_model, complete_event.prompt_tokens,
      complete_event.completion_tokens, complete_event.prompt_tokens + complete_event.completion_tokens, complete_event.cost_usd,
      jsonb_build_object('rawEventId', for_event, 'source', event.source)
    );
  end if;
  hash := app_private.store_event_passages(event, coalesce(said, '{"passages": []}'));
  is_known := hash is not distinct from event.knowledge_hash
    or not exists (select from app_public.chunks c where c.workspace_id = for_workspace and c.raw_event_id = for_event);
  update app_public.raw_events e
  set knowledge_hash = hash,
    processing_status = case when is_final then 'completed' else e.processing_status end,
    retry_at = case when not is_final then e.retry_at end,
    error = case when not is_final then e.error end,
    processed_at = case when is_final then clock_timestamp() else e.processed_at end,
    replay_requested_at = case when not is_final then e.replay_requested_at end
  where e.id = for_event;
  return case when hash is null then 'empty' when is_known then 'known' else 'stored' end;
end
$$;
comment on function app_hidden.complete_event(uuid, uuid, integer, jsonb, boolean, uuid, text, text, integer, integer, numeric) is
  'Stores what an event says, and logs what its summary took: stored, known when another event says the same, or this one did before, empty without a text, late when the attempt is not the last one any more.';
grant execute on function app_hidden.complete_event(uuid, uuid, integer, jsonb, boolean, uuid, text, text, integer, integer, numeric) to colloquy_worker;
