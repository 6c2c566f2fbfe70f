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

-- The documents, conversations and memories that the filters name, or null when they name none. What the caller may not
-- read may be among them, except through a repository: its chunks are not found anyway.
create or replace function app_private.search_sources(workspace uuid, caller uuid, filters app_public.search_filters)
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  result uuid[];
  named uuid[];
begin
  if (filters).document_id is not null then
    result := array[(filters).document_id];
  end if;
  if (filters).conversation_id is not null then
    result := case when result is null then array[(filters).conversation_id] else '{}' end;
  end if;
  if (filters).repository_id is not null then
    select coalesce(array_agg(rd.document_id), '{}') into named
    from app_public.repositories r
    join app_public.repository_documents rd on rd.workspace_id = workspace and rd.repository_id = r.id
    where r.workspace_id = workspace and r.id = (filters).repository_id and (r.owner_id = caller or r.visibility = 'workspace')
      and (result is null or rd.document_id = any (result));
    result := named;
  end if;
  if (filters).tag_ids is not null then
    select coalesce(array_agg(distinct et.entity_id), '{}') into named
    from app_public.entity_tags et
    where et.workspace_id = workspace and et.tag_id = any ((filters).tag_ids) and et.entity_type in ('document', 'conversation', 'memory_item')
      and (result is null or et.entity_id = any (result));
    result := named;
  end if;
  if (filters).tags is not null then
    select coalesce(array_agg(distinct et.entity_id), '{}') into named
    from app_public.tags t
    join app_public.entity_tags et on et.workspace_id = workspace and et.tag_id = t.id
    where t.workspace_id = workspace and t.name = any ((filters).tags::citext[]) and et.entity_type in ('document', 'conversation', 'memory_item')
      and (result is null or et.entity_id = any (result));
    result := named;
  end if;
  return result;
end
$$;
comment on function app_private.search_sources(uuid, uuid, app_public.search_filters) is 'What the filters name by id, repository or tag; null when they do not.';

create or replace function app_private.check_search_filters(filters app_public.search_filters)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if greatest(
    cardinality((filters).tag_ids), cardinality((filters).tags), cardinality((filters).content_types), cardinality((filters).code_languages),
    cardinality((filters).text_search_languages)
  ) > 100 then
    raise exception 'A filter has at most 100 values.' using errcode = 'CQ200', hint = 'Search several times.';
  end if;
  if jsonb_typeof((filters).metadata) <> 'object' or pg_column_size((filters).metadata) > 65536 then
    raise exception 'The filter "metadata" is an object of at most 64 KiB.' using errcode = 'CQ200', hint = 'For example {"project": "x"}.';
  end if;
  if (filters).created_after in ('infinity', '-infinity') or (filters).created_before in ('infinity', '-infinity')
    or least((filters).created_after, (filters).created_before) < '1970-01-01' or greatest((filters).created_after, (filters).created_before) > '9999-01-01'
  then
    raise exception 'A time range lies between the years 1970 and 9999.' using errcode = 'CQ200', hint = 'Leave the open end of it out.';
  end if;
end
$$;
comment on function app_private.check_search_filters(app_public.search_filters) is 'Raises CQ200 for filters that cannot be used.';
