-- Ends the processing of an event. Only the worker may call it, with the number of its attempt.
create or replace function app_hidden.complete_event(
  for_workspace uuid,
  for_event uuid,
  of_attempt integer,
  new_content text default null,
  new_heading text default null,
  new_token_count integer default null,
  new_importance real default 0.5,
  of_reservation uuid default null,
  used_provider text default null,
  used_model text default null,
  prompt_tokens integer default null,
  completion_tokens integer default null,
  cost_usd numeric default null,
  recognized_language text default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  event app_public.raw_events;
  hash bytea;
  outcome text := 'stored';
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
  hash := app_private.store_event_passage(event, new_content, new_heading, new_token_count, new_importance, recognized_language);
  if hash is null then
    outcome := 'empty';
  elsif hash is not distinct from event.knowledge_hash or not exists (
    select from app_public.chunks c where c.workspace_id = for_workspace and c.raw_event_id = for_event and c.content_hash = hash
  ) then
    outcome := 'known';
  end if;
  update app_public.raw_events e
  set processing_status = 'completed', retry_at = null, error = null, processed_at = clock_timestamp(), knowledge_hash = hash,
    replay_requested_at = null
  where e.id = for_event;
  return outcome;
end
$$;
comment on function app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric, text) is
  'Stores what an event says, and logs what its summary took: stored, known when another event says the same, or this one did before, empty without a text, late when the attempt is not the last one any more.';
grant execute on function app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric, text) to colloquy_worker;
