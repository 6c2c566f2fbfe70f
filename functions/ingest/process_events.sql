-- What the worker calls to make knowledge of events. As with files: a claim counts the attempt, and its number is what a
-- worker shows afterwards. What an event says is one chunk; events of a workspace that say the same share it.

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

create or replace function app_hidden.claim_events(
  for_workspace uuid,
  for_source text,
  max_events integer default 20,
  lease interval default '10 minutes',
  max_attempts integer default 5
)
returns table (event_id uuid, attempt integer, event_type text, payload jsonb, metadata jsonb)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  update app_public.raw_events e
  set processing_status = 'failed', retry_at = null, processed_at = clock_timestamp(),
    error = format('Processing was begun %s times and never ended. (CQ328)', e.attempts)
  where e.workspace_id = for_workspace and e.source = for_source and e.processing_status = 'processing'
    and coalesce(e.retry_at, '-infinity') <= clock_timestamp() and e.attempts >= max_attempts;
  return query
  with next as (
    select e.id
    from app_public.raw_events e
    where e.workspace_id = for_workspace and e.source = for_source and e.processing_status in ('pending', 'processing')
      and coalesce(e.retry_at, '-infinity') <= clock_timestamp()
    -- what failed before waits for what is new
    order by e.attempts, e.id
    limit max_events
    for update skip locked
  )
  update app_public.raw_events e
  set processing_status = 'processing', attempts = e.attempts + 1, retry_at = clock_timestamp() + lease
  from next n
  where e.id = n.id
  returning e.id, e.attempts, e.event_type, e.payload, e.metadata;
end
$$;
comment on function app_hidden.claim_events(uuid, text, integer, interval, integer) is
  'Takes the next events of a source, and counts the attempt. An event that was begun too often fails here.';

-- Before a model is asked that is paid: its tokens are set aside against budgets and quota of who brought the event in. What
-- is refused is given back: no attempt is counted, and it waits as pending, with the reason.
create or replace function app_hidden.reserve_event_summary(
  for_workspace uuid, for_event uuid, of_attempt integer, tokens bigint, cost_usd numeric
)
returns table (reservation_id uuid, refusal text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  event app_public.raw_events;
  reason text;
begin
  select e.* into event
  from app_public.raw_events e
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  for no key update;
  if event.id is null then
    return;
  end if;
  select p.reservation_id, p.refusal, p.reason into reservation_id, refusal, reason
  from app_private.reserve_paid(for_workspace, event.owner_id, reserve_event_summary.tokens, reserve_event_summary.cost_usd) as p;
  if refusal is not null then
    update app_public.raw_events e
    set processing_status = 'pending', attempts = e.attempts - 1, error = format('%s (%s)', reason, refusal),
      retry_at = clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_budget_seconds')::double precision)
    where e.id = for_event;
  end if;
  return next;
end
$$;
comment on function app_hidden.reserve_event_summary(uuid, uuid, integer, bigint, numeric) is
  'Sets tokens for the summary of an event aside. With a refusal, the event was given back and waits. No row when the attempt is not the last one any more.';

create or replace function app_hidden.release_reservation(for_workspace uuid, of_reservation uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.settle_reservation(for_workspace, of_reservation, 0, 0);
end
$$;
comment on function app_hidden.release_reservation(uuid, uuid) is 'Lets go what was set aside for work that came to nothing.';

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
  hash bytea := app_hidden.text_hash(concat_ws(E'\n', new_heading, new_content));
  outcome text := 'stored';
  declared app_public.text_search_language;
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
  if new_content is null then
    outcome := 'empty';
    hash := null;
  else
    perform pg_advisory_xact_lock(hashtextextended(for_workspace::text || encode(hash, 'hex'), 7201345));
    if exists (
      select from app_public.chunks c where c.workspace_id = for_workspace and c.content_hash = hash and c.source_type = 'event'
    ) then
      outcome := 'known';
    else
      declared := app_private.workspace_language(for_workspace);
      insert into app_public.chunks (
        workspace_id, source_type, raw_event_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
        content_hash, importance_score, text_search_language, is_language_recognized
      )
      values (
        for_workspace, 'event', for_event, event.owner_id, 'workspace', 0, new_content, new_heading, 0, char_length(new_content),
        new_token_count, hash, coalesce(new_importance, 0.5),
        coalesce(app_private.recognized_language(declared, recognized_language), declared),
        app_private.recognized_language(declared, recognized_language) is not null
      );
      perform app_hidden.enqueue(
        'index-source',
        jsonb_build_object('workspaceId', for_workspace, 'sourceType', 'event', 'sourceId', for_event),
        'event:' || for_event,
        for_workspace::text
      );
    end if;
  end if;
  update app_public.raw_events e
  set processing_status = 'completed', retry_at = null, error = null, processed_at = clock_timestamp(), knowledge_hash = hash
  where e.id = for_event;
  return outcome;
end
$$;
comment on function app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric, text) is
  'Stores what an event says, and logs what its summary took: stored, known when another event says the same, empty without a text, late when the attempt is not the last one any more.';

create or replace function app_hidden.fail_event(
  for_workspace uuid,
  for_event uuid,
  of_attempt integer,
  reason text,
  pause interval default '10 seconds',
  counts boolean default true,
  max_attempts integer default 5
)
returns app_public.processing_status
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_public.raw_events e
  set
    processing_status = case when counts and e.attempts >= max_attempts then 'failed'::app_public.processing_status else 'processing' end,
    attempts = e.attempts - case when counts then 0 else 1 end,
    error = left(reason, 2000),
    retry_at = case when not counts then clock_timestamp() + pause when e.attempts < max_attempts then clock_timestamp() + pause * power(4, e.attempts - 1) end,
    processed_at = case when counts and e.attempts >= max_attempts then clock_timestamp() end
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  returning e.processing_status;
$$;
comment on function app_hidden.fail_event(uuid, uuid, integer, text, interval, boolean, integer) is
  'Says why an attempt failed: the event is tried again after a growing pause, and fails with the last attempt. With counts false it was nobody''s fault: it is given back, for after the pause.';

grant execute on function
  app_hidden.find_unprocessed_events(integer),
  app_hidden.claim_events(uuid, text, integer, interval, integer),
  app_hidden.reserve_event_summary(uuid, uuid, integer, bigint, numeric),
  app_hidden.release_reservation(uuid, uuid),
  app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric, text),
  app_hidden.fail_event(uuid, uuid, integer, text, interval, boolean, integer)
to colloquy_worker;
