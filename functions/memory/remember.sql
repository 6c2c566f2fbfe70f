-- Remembers a fact. Security definer: memory_items is closed to direct writes, so that a subject has one current value,
-- near-duplicates merge, and every change has its history. What was learned from a source once is never learned from it again:
-- a memory that its owner forgot does not come back because a text is read a second time.
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
  perform app_private.check_memory(fact, about, weight, remember.expires_at, coalesce(remember.source_type, 'manual'), remember.source_id);
  perform app_private.require_memory_source(workspace, caller, remember.source_type, remember.source_id);

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
    return app_private.merge_memory(existing, weight, remember.expires_at);
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
    since := app_private.close_memory(existing, since);
  end if;

  insert into app_public.memory_items (
    workspace_id, owner_id, visibility, subject, content, source_type, source_id, importance, expires_at, validity, provenance, metadata
  )
  values (
    workspace, caller, coalesce(remember.visibility, 'private'), about, fact, coalesce(remember.source_type, 'manual'), remember.source_id,
    weight, remember.expires_at, tstzrange(since, null), coalesce(remember.provenance, '{}'), coalesce(remember.metadata, '{}')
  )
  returning * into result;
  perform app_private.note_memory(result, existing.id);
  return result;
end
$$;
comment on function app_public.remember(text, text, real, app_public.memory_source_type, uuid, app_public.visibility, timestamptz, jsonb, jsonb) is
  'Remembers a fact. The same text again raises its importance; a new value for a subject takes the place of the one before. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ204 no such source.';
grant execute on function app_public.remember(text, text, real, app_public.memory_source_type, uuid, app_public.visibility, timestamptz, jsonb, jsonb)
  to colloquy_user, colloquy_admin;
