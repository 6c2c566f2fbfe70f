-- Which chunks a search may find: the tenant, what the caller may read, and the filters. All legs go through it, and this is the
-- only place that says so. Neither age nor tier is among it: what is cold is found where it is the best.
--
-- Without a set clause, so that it is inlined. Where the scope is a constant to the planner (force_custom_plan), what was not asked
-- for folds away: the plan is that of a statement without it, and the filters are compared to constants.
create or replace function app_private.findable_chunks(scope app_private.search_scope)
returns setof app_public.chunks
language sql
stable
as $$
  select c.*
  from app_public.chunks c
  where c.workspace_id = scope.workspace_id
    and (c.owner_id = scope.caller or c.visibility = 'workspace')
    and c.source_type = any (scope.kinds)
    and (
      scope.sources is null
      or c.document_id = any (scope.sources) or c.conversation_id = any (scope.sources) or c.memory_item_id = any (scope.sources)
    )
    -- a memory that has expired is not found; it keeps its chunks until it is cleared away
    and (
      not scope.has_memories or c.memory_item_id is null
      or (select m.expires_at is null or m.expires_at > now() from app_public.memory_items m where m.id = c.memory_item_id)
    )
    -- few, as a rule: read once
    and (
      not scope.has_archived or (scope.filters).include_archived is true or c.document_id is null
      or c.document_id not in (select d.id from app_public.documents d where d.workspace_id = scope.workspace_id and d.is_archived)
    )
    and (
      (scope.filters).content_types is null
      or (select d.content_type = any ((scope.filters).content_types) from app_public.documents d where d.id = c.document_id)
    )
    and (
      (scope.filters).code_languages is null
      or (select d.code_language = any ((scope.filters).code_languages) from app_public.documents d where d.id = c.document_id)
    )
    and ((scope.filters).text_search_languages is null or c.text_search_language = any ((scope.filters).text_search_languages))
    -- ids are ordered by time, and a chunk is never older than what it was cut from, nor than when that happened
    and ((scope.filters).created_after is null or c.id >= app_hidden.uuidv7_floor((scope.filters).created_after))
    and ((scope.filters).created_after is null or case when c.occurred_at is not null then c.occurred_at >= (scope.filters).created_after
      else coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id) >= app_hidden.uuidv7_floor((scope.filters).created_after)
    end)
    and ((scope.filters).created_before is null or case when c.occurred_at is not null then c.occurred_at < (scope.filters).created_before
      else coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id) < app_hidden.uuidv7_floor((scope.filters).created_before)
    end)
    and ((scope.filters).metadata is null or case c.source_type
      when 'document' then (select d.metadata @> (scope.filters).metadata from app_public.documents d where d.id = c.document_id)
      when 'message' then (select t.metadata @> (scope.filters).metadata from app_public.conversations t where t.id = c.conversation_id)
      when 'memory' then (select m.metadata @> (scope.filters).metadata from app_public.memory_items m where m.id = c.memory_item_id)
      when 'event' then (select r.metadata @> (scope.filters).metadata from app_public.raw_events r where r.id = c.raw_event_id)
    end);
$$;
comment on function app_private.findable_chunks(app_private.search_scope) is 'The chunks that a search of this scope may find.';
