-- Locks rows of a kind against their writers, and leaves out those that somebody is just writing. Records and figures have no writers.
create or replace function app_private.lock_due(of_kind app_public.retention_kind, of_workspace uuid, ids uuid[])
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  case of_kind
    when 'conversations' then
      return array(select c.id from app_public.conversations c where c.workspace_id = of_workspace and c.id = any (ids) for update skip locked);
    when 'documents' then
      return array(select d.id from app_public.documents d where d.workspace_id = of_workspace and d.id = any (ids) for update skip locked);
    when 'files' then
      return array(select f.id from app_public.files f where f.workspace_id = of_workspace and f.id = any (ids) for update skip locked);
    when 'memory_items' then
      return array(select m.id from app_public.memory_items m where m.workspace_id = of_workspace and m.id = any (ids) for update skip locked);
    when 'raw_events', 'imported_events' then
      return array(select e.id from app_public.raw_events e where e.workspace_id = of_workspace and e.id = any (ids) for update skip locked);
    else
      return ids;
  end case;
end
$$;
comment on function app_private.lock_due(app_public.retention_kind, uuid, uuid[]) is
  'Those of the rows of a kind that nobody is writing, locked until the transaction ends.';
-- Deliberately not granted: app_hidden.apply_retention calls it.
