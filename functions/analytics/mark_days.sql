-- Notes which days of which conversations have to be computed anew, in the transaction that changed them: what the
-- analytics job has to do follows from the data, and no run has to remember when the one before it was.
--
-- One note per conversation and day, however many messages. That is right because whoever writes to a conversation holds
-- its row's lock until commit, and whoever computes takes that lock before it removes the note: a note that is already
-- there cannot be one that is just being removed without the change. The triggers that call it (…_20_mark…) come after the
-- counters (…_10_…), which take the lock of an insert.
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
