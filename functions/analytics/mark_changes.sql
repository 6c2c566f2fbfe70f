-- Notes which days of which conversations have to be computed anew, in the transaction that changed them: what the
-- analytics job has to do follows from the data, and no run has to remember when the one before it was.
--
-- One note per conversation and day, however many messages. That is right because whoever writes to a conversation holds
-- its row's lock until commit, and whoever computes takes that lock before it removes the note: a note that is already
-- there cannot be one that is just being removed without the change. These triggers come after the counters (…_10_…),
-- which take the lock of an insert.
--
-- A conversation whose messages are packed away (storage_tier is not hot) must never be noted for losing them: its figures
-- are final until it is unpacked.

create or replace function app_private.mark_days(changes app_hidden.analytics_changes[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if changes is null then
    return;
  end if;
  perform
  from app_public.conversations c
  where c.id in (select m.conversation_id from unnest(changes) as m)
  order by c.id
  for no key update;
  insert into app_hidden.analytics_changes (workspace_id, conversation_id, day)
  select m.workspace_id, m.conversation_id, m.day
  from unnest(changes) as m
  -- it may be on its way out, with all that belongs to it
  join app_public.conversations c on c.workspace_id = m.workspace_id and c.id = m.conversation_id and c.storage_tier = 'hot'
  order by m.conversation_id, m.day
  on conflict on constraint analytics_changes_pkey do nothing;
end
$$;
comment on function app_private.mark_days(app_hidden.analytics_changes[]) is 'Notes that days of conversations have to be computed anew; locks the conversations.';

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

create or replace function app_private.mark_updated_messages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.mark_days((
    select array_agg(distinct row(n.workspace_id, n.conversation_id, app_hidden.uuidv7_day(n.id), now())::app_hidden.analytics_changes)
    from new_messages n
    join old_messages o on o.id = n.id
    where (
        o.role, o.status, o.replaces_id, o.author_id, o.relevance_score, o.processing_time_ms,
        o.prompt_tokens, o.completion_tokens, o.total_tokens, o.cost_usd
      ) is distinct from (
        n.role, n.status, n.replaces_id, n.author_id, n.relevance_score, n.processing_time_ms,
        n.prompt_tokens, n.completion_tokens, n.total_tokens, n.cost_usd
      )
  ));
  return null;
end
$$;
comment on function app_private.mark_updated_messages() is 'Trigger: notes the days of messages whose figures changed.';

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

create or replace trigger messages_20_mark_inserted
after insert on app_public.messages referencing new table as new_messages
for each statement execute function app_private.mark_new_messages();

create or replace trigger messages_20_mark_updated
after update on app_public.messages referencing old table as old_messages new table as new_messages
for each statement execute function app_private.mark_updated_messages();

create or replace trigger messages_20_mark_deleted
after delete on app_public.messages referencing old table as old_messages
for each statement execute function app_private.mark_deleted_messages();

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
