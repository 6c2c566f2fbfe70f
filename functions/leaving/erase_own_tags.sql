-- Tags belong to a workspace, and their names are somebody's words: those that only things of the person have go with them.
create or replace function app_private.erase_own_tags(erasure app_hidden.pending_erasures)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  delete from app_public.tags t
  where t.id in (
    select e.tag_id
    from app_public.entity_tags e
    left join app_public.documents d on e.entity_type = 'document' and d.id = e.entity_id
    left join app_public.conversations c on e.entity_type = 'conversation' and c.id = e.entity_id
    left join app_public.memory_items i on e.entity_type = 'memory_item' and i.id = e.entity_id
    left join app_public.repositories r on e.entity_type = 'repository' and r.id = e.entity_id
    where e.workspace_id = any (erasure.workspaces)
    group by e.tag_id
    having bool_and(coalesce(coalesce(d.owner_id, c.owner_id, i.owner_id, r.owner_id) = erasure.user_id, false))
  );
$$;
comment on function app_private.erase_own_tags(app_hidden.pending_erasures) is 'Removes the tags that only things of a person have.';
