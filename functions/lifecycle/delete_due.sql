-- Deletes rows that app_private.retention_due named and the caller has locked. What hangs on them goes by foreign keys and triggers, as
-- when people delete. The audit log refuses every change of the table itself, so its rows go where they lie, in the partitions.
create or replace function app_private.delete_due(of_kind app_public.retention_kind, of_workspace uuid, ids uuid[], times timestamptz[], partitions regclass[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  part regclass;
begin
  case of_kind
    when 'conversations' then
      delete from app_public.conversations c where c.workspace_id = of_workspace and c.id = any (ids);
    when 'documents' then
      delete from app_public.documents d where d.workspace_id = of_workspace and d.id = any (ids);
    when 'files' then
      delete from app_public.files f where f.workspace_id = of_workspace and f.id = any (ids);
    when 'memory_items' then
      delete from app_public.memory_items m where m.workspace_id = of_workspace and m.id = any (ids);
    when 'raw_events', 'imported_events' then
      delete from app_public.raw_events e where e.workspace_id = of_workspace and e.id = any (ids);
    when 'usage_logs' then
      delete from app_public.usage_logs l where l.workspace_id = of_workspace and l.id = any (ids);
      delete from app_public.usage_reservations r where r.workspace_id = of_workspace and r.id = any (ids);
    when 'conversation_analytics' then
      delete from app_hidden.user_activity a
      using unnest(ids, times) as due (conversation_id, at)
      where a.workspace_id = of_workspace and a.conversation_id = due.conversation_id and a.day = (due.at at time zone 'UTC')::date;
      delete from app_public.conversation_analytics a
      using unnest(ids, times) as due (conversation_id, at)
      where a.workspace_id = of_workspace and a.conversation_id = due.conversation_id and a.day = (due.at at time zone 'UTC')::date;
    when 'audit_logs' then
      for part in select distinct p.part from unnest(partitions) as p (part) loop
        execute format('delete from only %s where id = any ($1)', part) using ids;
      end loop;
  end case;
end
$$;
comment on function app_private.delete_due(app_public.retention_kind, uuid, uuid[], timestamptz[], regclass[]) is
  'Deletes rows of a kind by their ids; of figures also by their days, of the audit log in its partitions.';
-- Deliberately not granted: app_hidden.apply_retention calls it.
