-- After each statement: feedback counts on the day of its message, which has to be computed anew. How notes work: mark_days.
create or replace function app_private.mark_feedback()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.mark_days((
    select array_agg(distinct row(f.workspace_id, f.conversation_id, app_hidden.uuidv7_day(f.message_id), now())::app_hidden.analytics_changes)
    from changed_feedback f
  ));
  return null;
end
$$;
comment on function app_private.mark_feedback() is 'Trigger: notes the days of the messages that feedback is about.';

create or replace trigger message_feedback_20_mark_inserted
after insert on app_public.message_feedback referencing new table as changed_feedback
for each statement execute function app_private.mark_feedback();

-- who gave feedback on what never changes: the new rows name the same messages as the old ones
create or replace trigger message_feedback_20_mark_updated
after update on app_public.message_feedback referencing new table as changed_feedback
for each statement execute function app_private.mark_feedback();

create or replace trigger message_feedback_20_mark_deleted
after delete on app_public.message_feedback referencing old table as changed_feedback
for each statement execute function app_private.mark_feedback();
