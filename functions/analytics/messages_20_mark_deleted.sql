-- After each statement: the days of messages that went have to be computed anew, unless they were packed away. How notes work: mark_days.
create or replace function app_private.mark_deleted_messages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.mark_days((
    select array_agg(distinct row(o.workspace_id, o.conversation_id, app_hidden.uuidv7_day(o.id), now())::app_hidden.analytics_changes)
    from old_messages o
  ));
  return null;
end
$$;
comment on function app_private.mark_deleted_messages() is 'Trigger: notes the days of messages that went, unless they were packed away.';

create or replace trigger messages_20_mark_deleted
after delete on app_public.messages referencing old table as old_messages
for each statement execute function app_private.mark_deleted_messages();
