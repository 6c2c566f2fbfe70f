-- A conversation of which one batch goes, and the rest with its row.
create or replace function app_private.erase_conversation(conversation app_public.conversations, max_rows integer)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  messages bigint;
  passages bigint;
begin
  delete from app_public.chunks c
  where c.workspace_id = conversation.workspace_id and c.id in (
    select s.id from app_public.chunks s where s.workspace_id = conversation.workspace_id and s.conversation_id = conversation.id limit max_rows
  );
  get diagnostics passages = row_count;
  delete from app_public.messages m
  where m.conversation_id = conversation.id and m.id in (
    select s.id from app_public.messages s
    where s.conversation_id = conversation.id and s.id >= conversation.id and s.id <= conversation.last_message_id
    order by s.id desc
    limit max_rows
  );
  get diagnostics messages = row_count;
  if messages < max_rows and passages < max_rows then
    delete from app_public.conversations c where c.id = conversation.id;
    return jsonb_build_object('chunks', passages, 'messages', messages, 'conversations', 1);
  end if;
  return jsonb_build_object('chunks', passages, 'messages', messages);
end
$$;
comment on function app_private.erase_conversation(app_public.conversations, integer) is 'Removes so many messages and passages of a locked conversation, and the conversation with the last of them.';
