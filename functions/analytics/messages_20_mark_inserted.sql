-- After each statement: the days of new messages have to be computed anew. How notes work: mark_days.
create or replace function app_private.mark_new_messages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_hidden.analytics_changes (workspace_id, conversation_id, day)
  select distinct n.workspace_id, n.conversation_id, app_hidden.uuidv7_day(n.id)
  from new_messages n
  order by 2, 3
  on conflict on constraint analytics_changes_pkey do nothing;
  return null;
end
$$;
comment on function app_private.mark_new_messages() is 'Trigger: notes the days of new messages for the analytics.';

create or replace trigger messages_20_mark_inserted
after insert on app_public.messages referencing new table as new_messages
for each statement execute function app_private.mark_new_messages();
