-- Tells subscribers that an answer goes on. Its beginning and its end are told by the message itself.
create or replace function app_private.tell_text()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.tell_watched(new.conversation_id, 'messages ' || new.conversation_id);
  return null;
end
$$;
comment on function app_private.tell_text() is 'Trigger: tells subscribers of an answer to which text was added.';

create or replace trigger streaming_messages_70_tell after update of length on app_hidden.streaming_messages
for each row when (old.length <> new.length) execute function app_private.tell_text();
