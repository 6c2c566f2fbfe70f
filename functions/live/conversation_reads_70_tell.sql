-- Tells who has read a conversation on one device so on the others: what is unread changed for this person alone.
create or replace function app_private.tell_reads()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.tell_watched(new.user_id, concat_ws(' ', 'member', new.user_id, new.workspace_id, new.conversation_id));
  return null;
end
$$;
comment on function app_private.tell_reads() is 'Trigger: tells the subscribers of one person that it has read a conversation.';

create or replace trigger conversation_reads_70_tell after insert or update on app_public.conversation_reads
for each row execute function app_private.tell_reads();
