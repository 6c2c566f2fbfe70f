-- Writes passages down as they are at the moment of citing: what an answer used stays readable after its source was edited, cut
-- anew or removed. One row per chunk and version of its document, however often it is cited: a chunk's text never changes, its
-- place in the document may.
create or replace function app_private.keep_passages(for_workspace uuid, chunk_ids uuid[], reader uuid default null)
returns table (chunk_id uuid, passage_id uuid)
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  missing uuid[] := chunk_ids;
  kept jsonb;
begin
  perform pg_advisory_xact_lock_shared(app_private.passages_lock(for_workspace));
  -- once more for what somebody else wrote down in the same moment
  for attempt in 1..2 loop
    with seen as materialized (
      select
        k.*, case when k.document_id is not null then (select coalesce(d.chunked_hash, d.content_hash) from app_public.documents d where d.id = k.document_id) end as document_hash
      from unnest(missing) as wanted (id)
      cross join lateral (
        select c.id, c.workspace_id, c.source_type, c.document_id, c.conversation_id, c.message_id, c.memory_item_id, c.raw_event_id, c.owner_id,
          c.visibility, c.heading, c.content, c.page_number, c.start_offset, c.end_offset, c.metadata
        from app_public.chunks c
        where c.workspace_id = for_workspace and c.id = wanted.id and (reader is null or c.owner_id = reader or c.visibility = 'workspace')
        offset 0
      ) as k
    ),
    known as materialized (
      select s.id as chunk_id, p.id
      from seen s
      join app_hidden.cited_passages p
        on p.workspace_id = for_workspace and p.chunk_id = s.id and p.document_hash is not distinct from s.document_hash
    ),
    added as (
      insert into app_hidden.cited_passages (
        workspace_id, chunk_id, document_hash, source_type, document_id, conversation_id, message_id, memory_item_id, raw_event_id, owner_id,
        visibility, title, heading, content, page_number, start_offset, end_offset
      )
      select
        s.workspace_id, s.id, s.document_hash, s.source_type, s.document_id, s.conversation_id, s.message_id, s.memory_item_id, s.raw_event_id,
        s.owner_id, s.visibility,
        case s.source_type
          when 'document' then (select d.title from app_public.documents d where d.id = s.document_id)
          when 'message' then (select t.title from app_public.conversations t where t.id = s.conversation_id)
          when 'memory' then (select i.subject from app_public.memory_items i where i.id = s.memory_item_id)
          when 'event' then coalesce(s.metadata ->> 'title', app_hidden.event_title(s.raw_event_id))
        end,
        s.heading, s.content, s.page_number, s.start_offset, s.end_offset
      from seen s
      where s.id not in (select n.chunk_id from known n)
      on conflict on constraint cited_passages_chunk_id_document_hash_key do nothing
      returning chunk_id, id
    )
    select jsonb_object_agg(f.chunk_id, f.id) into kept
    from (select n.chunk_id, n.id from known n union all select a.chunk_id, a.id from added a) as f;
    return query select f.key::uuid, f.value::uuid from jsonb_each_text(kept) as f;
    missing := array(select m.id from unnest(missing) as m (id) where kept is null or not kept ? m.id::text);
    exit when missing = '{}';
  end loop;
end
$$;
comment on function app_private.keep_passages(uuid, uuid[], uuid) is
  'Keeps passages of a workspace as they are now, and says under which ids; of those that a reader may read, when one is given. A chunk that is not there is left out.';
