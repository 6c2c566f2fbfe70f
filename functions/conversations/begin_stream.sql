-- The one way a message of the status "streaming" comes to be: with the row that its pieces are counted in. Its quota is asked for now:
-- what was used is known at the end, when it is spent and is recorded in any case.
create or replace function app_private.begin_stream(conversation app_public.conversations, draft app_public.messages)
returns app_public.messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.messages;
begin
  perform app_private.require_quota();
  draft.status := 'streaming';
  result := app_private.insert_message(conversation, draft);
  insert into app_hidden.streaming_messages (message_id, workspace_id, conversation_id, sequence_number, writer_id)
  values (result.id, result.workspace_id, result.conversation_id, result.sequence_number, app_hidden.current_user_id());
  return result;
end
$$;
comment on function app_private.begin_stream(app_public.conversations, app_public.messages) is
  'Writes a message that is going to be written in pieces into a locked conversation. Raises what insert_message raises, and CQ221.';
-- Deliberately not granted: app_public.start_answer calls it.
