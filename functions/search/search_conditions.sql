-- Which chunks a search may find, as the condition that all its legs share: the tenant, what the caller may read, and the
-- filters. Neither age nor tier is among it: what is cold is found where it is the best. This is the only place that says so. It must never contain a value of the caller: values are parameters.
create or replace function app_private.search_conditions(filters app_public.search_filters, sources uuid[], has_memories boolean, has_archived boolean)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select concat_ws(' and ',
    'c.workspace_id = $2 and (c.owner_id = $3 or c.visibility = ''workspace'') and c.source_type = any ($5)',
    case when sources is not null then '(c.document_id = any ($7) or c.conversation_id = any ($7) or c.memory_item_id = any ($7))' end,
    -- a memory that has expired is not found; it keeps its chunks until it is cleared away
    case when has_memories then
      '(c.memory_item_id is null or (select m.expires_at is null or m.expires_at > now() from app_public.memory_items m where m.id = c.memory_item_id))'
    end,
    -- few, as a rule: read once
    case when has_archived and (filters).include_archived is not true then
      '(c.document_id is null or c.document_id not in (select d.id from app_public.documents d where d.workspace_id = $2 and d.is_archived))'
    end,
    case when (filters).content_types is not null then
      '(select d.content_type = any (($8).content_types) from app_public.documents d where d.id = c.document_id)'
    end,
    case when (filters).code_languages is not null then
      '(select d.code_language = any (($8).code_languages) from app_public.documents d where d.id = c.document_id)'
    end,
    case when (filters).text_search_languages is not null then 'c.text_search_language = any (($8).text_search_languages)' end,
    -- ids are ordered by time, and a chunk is never older than what it was cut from
    case when (filters).created_after is not null then
      'c.id >= app_hidden.uuidv7_floor(($8).created_after)
       and coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id) >= app_hidden.uuidv7_floor(($8).created_after)'
    end,
    case when (filters).created_before is not null then
      'coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id) < app_hidden.uuidv7_floor(($8).created_before)'
    end,
    case when (filters).metadata is not null then
      'case c.source_type
         when ''document'' then (select d.metadata @> ($8).metadata from app_public.documents d where d.id = c.document_id)
         when ''message'' then (select t.metadata @> ($8).metadata from app_public.conversations t where t.id = c.conversation_id)
         when ''memory'' then (select m.metadata @> ($8).metadata from app_public.memory_items m where m.id = c.memory_item_id)
         when ''event'' then (select r.metadata @> ($8).metadata from app_public.raw_events r where r.id = c.raw_event_id)
       end'
    end
  );
$$;
comment on function app_private.search_conditions(app_public.search_filters, uuid[], boolean, boolean) is
  'The condition over a chunk c that all legs of a search share. has_memories, has_archived: whether there are any, so that it need not be asked of each chunk.';
