-- Remembers a fact. Sealed: memory_items is closed to direct writes, so that a subject has one current value, near-duplicates
-- merge, and every change has its history. What was learned from a source once is never learned from it again: a memory
-- that its owner forgot does not come back because a text is read a second time.
create or replace function app_public.remember(
  content text,
  subject text default null,
  importance real default 0.5,
  source_type app_public.memory_source_type default 'manual',
  source_id uuid default null,
  visibility app_public.visibility default 'private',
  expires_at timestamptz default null,
  provenance jsonb default '{}',
  metadata jsonb default '{}'
)
returns app_public.memory_items
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  fact text := nullif(trim(remember.content), '');
  about text := nullif(trim(remember.subject), '');
  weight real := coalesce(remember.importance, 0.5);
  fact_hash bytea;
  existing app_public.memory_items;
  result app_public.memory_items;
  since timestamptz;
begin
  perform app_hidden.require_member(for_writing => true);
  if fact is null or char_length(fact) > 10000 then
    raise exception 'A memory has 1 to 10,000 characters; this one has %.', coalesce(char_length(fact), 0)
      using errcode = 'CQ200', hint = 'Put long texts into documents.';
  end if;
  if char_length(about) > 200 then
    raise exception 'A subject has at most 200 characters; this one has %.', char_length(about) using errcode = 'CQ200', hint = 'Name it shortly.';
  end if;
  if weight not between 0 and 1 then
    raise exception 'importance is 0 to 1, not %.', weight using errcode = 'CQ200', hint = 'Leave it out for 0.5.';
  end if;
  if remember.expires_at <= now() then
    raise exception 'expiresAt lies in the past.' using errcode = 'CQ200', hint = 'Leave it out for a memory that stays.';
  end if;
  if (coalesce(remember.source_type, 'manual') = 'manual') <> (remember.source_id is null) then
    raise exception 'A memory has a sourceId exactly when its sourceType is not MANUAL.' using errcode = 'CQ200', hint = 'Send both or none.';
  end if;
  if remember.source_id is not null and not (
    case remember.source_type
      when 'document' then exists (
        select from app_public.documents d
        where d.workspace_id = workspace and d.id = remember.source_id and (d.owner_id = caller or d.visibility = 'workspace')
      )
      when 'chat' then exists (
        select from app_public.conversations c
        where c.workspace_id = workspace and (c.owner_id = caller or c.visibility = 'workspace')
          and c.id in (
            remember.source_id,
            coalesce((select m.conversation_id from app_public.messages m where m.id = remember.source_id), app_private.packed_conversation_of(remember.source_id))
          )
      )
      else exists (select from app_public.raw_events e where e.workspace_id = workspace and e.id = remember.source_id)
    end
  ) then
    raise exception 'There is no such source.' using errcode = 'CQ204', hint = 'sourceId must be something that you may read in this workspace.';
  end if;

  -- one at a time per owner: two that come together see each other
  perform pg_advisory_xact_lock(hashtextextended(format('app_public.remember %s %s', workspace, caller), 0));
  fact_hash := app_hidden.text_hash(coalesce(app_hidden.normalized_text(about), '') || E'\n' || app_hidden.normalized_text(fact));

  select m.* into existing
  from app_public.memory_items m
  where m.workspace_id = workspace and m.owner_id = caller and m.content_hash = fact_hash and upper_inf(m.validity)
  for update;
  if existing.id is not null then
    if existing.source_id = remember.source_id then
      return existing;
    end if;
    insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change, old_values)
    values (workspace, caller, existing.id, 'merged', jsonb_build_object('importance', existing.importance, 'expiresAt', existing.expires_at));
    update app_public.memory_items m
    set importance = least(1, greatest(m.importance, weight) + 0.05),
      expires_at = case when remember.expires_at is null then null else greatest(m.expires_at, remember.expires_at) end,
      updated_at = clock_timestamp()
    where m.id = existing.id
    returning * into result;
    return result;
  end if;

  select m.* into existing
  from app_public.memory_items m
  where m.workspace_id = workspace and m.owner_id = caller and m.source_id = remember.source_id and m.content_hash = fact_hash
  order by m.id desc
  limit 1;
  if existing.id is not null then
    return existing;
  end if;

  since := clock_timestamp();
  select m.* into existing
  from app_public.memory_items m
  where m.workspace_id = workspace and m.owner_id = caller and m.subject_key = app_hidden.normalized_text(about)
    and m.forgotten_at is null and upper_inf(m.validity)
  for update;
  if existing.id is not null then
    since := greatest(since, lower(existing.validity) + interval '1 microsecond');
    update app_public.memory_items m
    set validity = tstzrange(lower(m.validity), since), updated_at = since
    where m.id = existing.id;
  end if;

  insert into app_public.memory_items (
    workspace_id, owner_id, visibility, subject, content, source_type, source_id, importance, expires_at, validity, provenance, metadata
  )
  values (
    workspace, caller, coalesce(remember.visibility, 'private'), about, fact, coalesce(remember.source_type, 'manual'), remember.source_id,
    weight, remember.expires_at, tstzrange(since, null), coalesce(remember.provenance, '{}'), coalesce(remember.metadata, '{}')
  )
  returning * into result;
  insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change)
  values (workspace, caller, result.id, 'remembered');
  if existing.id is not null then
    update app_public.memory_items m set superseded_by = result.id where m.id = existing.id;
    insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change)
    values (workspace, caller, existing.id, 'superseded');
  end if;
  return result;
end
$$;
comment on function app_public.remember(text, text, real, app_public.memory_source_type, uuid, app_public.visibility, timestamptz, jsonb, jsonb) is
  'Remembers a fact. The same text again raises its importance; a new value for a subject takes the place of the one before. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ204 no such source.';
grant execute on function app_public.remember(text, text, real, app_public.memory_source_type, uuid, app_public.visibility, timestamptz, jsonb, jsonb)
  to colloquy_user, colloquy_admin;
