-- What an event says is one chunk; events of a workspace that say the same share it. An event that was processed before gives its
-- old passage up in the same statement: to another event that says the same, or for good. Readers see the one or the other, never
-- none, and what answers cited keeps its text. Deliberately not granted: complete_event calls it, and has locked the event.
create or replace function app_private.store_event_passage(
  event app_public.raw_events,
  new_content text,
  new_heading text,
  new_token_count integer,
  new_importance real,
  recognized_language text
)
returns bytea
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := case when new_content is not null then app_hidden.text_hash(concat_ws(E'\n', new_heading, new_content)) end;
  declared app_public.text_search_language := app_private.workspace_language(event.workspace_id);
  heir app_public.raw_events;
begin
  -- both texts in one order: two events that swap what they say do not wait for each other in a circle
  perform pg_advisory_xact_lock(hashtextextended(event.workspace_id::text || encode(h.hash, 'hex'), 7201345))
  from (select distinct x.hash from unnest(array[hash, event.knowledge_hash]) as x (hash) where x.hash is not null order by 1) as h;
  if event.knowledge_hash is distinct from hash and event.knowledge_hash is not null then
    select t.* into heir
    from app_public.raw_events t
    where t.workspace_id = event.workspace_id and t.knowledge_hash = event.knowledge_hash and t.id <> event.id
    order by t.id
    limit 1
    -- not one that is just being deleted
    for key share skip locked;
    update app_public.chunks c
    set raw_event_id = heir.id, owner_id = heir.owner_id
    where heir.id is not null and c.workspace_id = event.workspace_id and c.raw_event_id = event.id and c.content_hash = event.knowledge_hash;
    delete from app_public.chunks c
    where heir.id is null and c.workspace_id = event.workspace_id and c.raw_event_id = event.id and c.content_hash = event.knowledge_hash;
  end if;
  insert into app_public.chunks (
    workspace_id, source_type, raw_event_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
    content_hash, importance_score, text_search_language, is_language_recognized
  )
  select
    event.workspace_id, 'event', event.id, event.owner_id, 'workspace', 0, new_content, new_heading, 0, char_length(new_content),
    new_token_count, hash, coalesce(new_importance, 0.5),
    coalesce(app_private.recognized_language(declared, recognized_language), declared),
    app_private.recognized_language(declared, recognized_language) is not null
  where hash is not null and not exists (
    select from app_public.chunks c where c.workspace_id = event.workspace_id and c.content_hash = hash and c.source_type = 'event'
  );
  return hash;
end
$$;
comment on function app_private.store_event_passage(app_public.raw_events, text, text, integer, real, text) is
  'Stores what a locked event says, in the place of what it said before, and returns its hash; null when it says nothing.';
