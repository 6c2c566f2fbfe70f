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
