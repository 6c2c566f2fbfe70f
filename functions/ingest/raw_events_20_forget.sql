-- An event that goes takes with it what was learned from it, also where that was cited. Where another event of the workspace says the
-- same, that one is processed again, and has it then; but not one that retention takes as well. Imported ones have a rule of their own.
create or replace function app_private.forget_events()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_public.chunks c where c.source_type = 'event';
    delete from app_hidden.cited_passages p where p.source_type = 'event';
    return null;
  end if;
  delete from app_public.chunks c
  using old_events o
  where c.workspace_id = o.workspace_id and c.raw_event_id = o.id;
  delete from app_hidden.cited_passages p
  using old_events o
  where p.workspace_id = o.workspace_id and p.raw_event_id = o.id;
  update app_public.raw_events e
  set processing_status = 'pending', attempts = 0, retry_at = null, error = null, processed_at = null, knowledge_hash = null
  from (
    select distinct twin.id
    from (select distinct x.workspace_id, x.knowledge_hash from old_events x where x.knowledge_hash is not null) as o
    join (
      select
        w.workspace_id, coalesce(app_hidden.uuidv7_floor(r.due_before), '00000000-0000-0000-0000-000000000000') as came_in,
        coalesce(app_hidden.uuidv7_floor(i.due_before), '00000000-0000-0000-0000-000000000000') as imported
      from (select distinct x.workspace_id from old_events x) as w
      cross join lateral app_private.retention_rule('raw_events', w.workspace_id) as r
      cross join lateral app_private.retention_rule('imported_events', w.workspace_id) as i
    ) as kept on kept.workspace_id = o.workspace_id
    cross join lateral (
      select t.id
      from app_public.raw_events t
      where t.workspace_id = o.workspace_id and t.knowledge_hash = o.knowledge_hash
        and t.id >= case when t.is_imported then kept.imported else kept.came_in end
      order by t.is_imported desc, t.id
      limit 1
    ) as twin
    where not exists (
      select from app_public.raw_events t
      join app_public.chunks c on c.workspace_id = t.workspace_id and c.raw_event_id = t.id
      where t.workspace_id = o.workspace_id and t.knowledge_hash = o.knowledge_hash
    )
  ) as heir
  where e.id = heir.id;
  return null;
end
$$;
comment on function app_private.forget_events() is 'Trigger: removes the chunks of events that go, and what was cited of them.';

create or replace trigger raw_events_20_forget_delete after delete on app_public.raw_events
referencing old table as old_events for each statement execute function app_private.forget_events();
create or replace trigger raw_events_20_forget_truncate after truncate on app_public.raw_events
for each statement execute function app_private.forget_events();
