-- Texts that cannot be cut into passages: too much for the thread that cuts them, or refused by the database. The attempt at a
-- large one, which its worker may not survive, is counted before it begins; any other when it has failed; always in a
-- statement of its own that nothing rolls back. The pauses grow, and after cutting_attempts it is given up, until it is edited
-- or somebody asks for it. What is given up must never keep back the messages behind it. Only the worker may call these.

create or replace function app_private.is_failure_of(
  failure app_hidden.cutting_failures, source_type app_public.source_type, source_id uuid, sequence_number integer
)
returns boolean
language sql
immutable
as $$
  select case source_type
    when 'document' then (failure).document_id = source_id
    when 'memory' then (failure).memory_item_id = source_id
    when 'message' then (failure).conversation_id = source_id and (failure).sequence_number = is_failure_of.sequence_number
  end;
$$;
comment on function app_private.is_failure_of(app_hidden.cutting_failures, app_public.source_type, uuid, integer) is
  'Whether a failure is that of a document, a memory, or a message of a conversation.';

create or replace function app_hidden.begin_cutting(
  for_workspace uuid, for_source_type app_public.source_type, for_source uuid, of_hash bytea default null,
  at_sequence_number integer default null, is_large boolean default false
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  failure app_hidden.cutting_failures;
begin
  select f.* into failure
  from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and app_private.is_failure_of(f, for_source_type, for_source, at_sequence_number)
  for no key update;
  if failure.content_hash is distinct from of_hash then
    -- edited since: it starts afresh
    failure.attempts := 0;
  elsif failure.is_dead then
    return 'dead';
  elsif failure.next_attempt_at > clock_timestamp() then
    return 'waits';
  elsif failure.attempts >= app_hidden.setting('cutting_attempts')::integer then
    update app_hidden.cutting_failures f
    set is_dead = true, code = 'CQ316', error = format('Cutting was begun %s times and never ended.', failure.attempts)
    where f.id = failure.id;
    return 'dead';
  end if;
  if is_large then
    insert into app_hidden.cutting_failures (
      workspace_id, document_id, memory_item_id, conversation_id, sequence_number, content_hash, attempts, code, error, next_attempt_at
    )
    values (
      for_workspace, case when for_source_type = 'document' then for_source end, case when for_source_type = 'memory' then for_source end,
      case when for_source_type = 'message' then for_source end, at_sequence_number, of_hash, 1, 'interrupted',
      'It is being cut, or its worker ended.',
      clock_timestamp() + make_interval(secs => app_hidden.setting('cutting_lease_seconds')::double precision)
    )
    on conflict on constraint cutting_failures_source_key do update
    set content_hash = excluded.content_hash, attempts = failure.attempts + 1, code = excluded.code, error = excluded.error,
      failed_at = clock_timestamp(), next_attempt_at = excluded.next_attempt_at, is_dead = false
    where failure.id is not null;
    if not found then
      -- somebody else was faster
      return 'waits';
    end if;
  end if;
  return 'begin';
end
$$;
comment on function app_hidden.begin_cutting(uuid, app_public.source_type, uuid, bytea, integer, boolean) is
  'Whether a text may be cut: begin, waits or dead. Counts the attempt of a large one.';

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

create or replace function app_hidden.forgive_cutting(
  for_workspace uuid, for_source_type app_public.source_type, for_source uuid, at_sequence_number integer default null
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_hidden.cutting_failures f
  set attempts = f.attempts - 1, next_attempt_at = clock_timestamp()
  where f.workspace_id = for_workspace and app_private.is_failure_of(f, for_source_type, for_source, at_sequence_number)
    and f.code = 'interrupted' and f.attempts > 1;
  if not found then
    delete from app_hidden.cutting_failures f
    where f.workspace_id = for_workspace and app_private.is_failure_of(f, for_source_type, for_source, at_sequence_number)
      and f.code = 'interrupted';
  end if;
end
$$;
comment on function app_hidden.forgive_cutting(uuid, app_public.source_type, uuid, integer) is
  'Takes back the attempt that begin_cutting counted: the worker was told to end.';

create or replace function app_hidden.uncut_messages(for_workspace uuid, for_conversation uuid)
returns table (sequence_number integer, is_dead boolean)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.sequence_number, f.is_dead
  from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and f.conversation_id = for_conversation and (f.is_dead or f.next_attempt_at > statement_timestamp());
$$;
comment on function app_hidden.uncut_messages(uuid, uuid) is 'Messages of a conversation that are not to be cut: they wait, or were given up.';

grant execute on function
  app_hidden.begin_cutting(uuid, app_public.source_type, uuid, bytea, integer, boolean),
  app_hidden.fail_cutting(uuid, app_public.source_type, uuid, text, text, bytea, integer),
  app_hidden.forgive_cutting(uuid, app_public.source_type, uuid, integer),
  app_hidden.uncut_messages(uuid, uuid)
to colloquy_worker;
