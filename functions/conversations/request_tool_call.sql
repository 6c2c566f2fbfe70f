-- Adds a call to an assistant's message; it waits until somebody who may write in the conversation approves or denies it.
create or replace function app_public.request_tool_call(message_id uuid, name text, arguments jsonb default '{}', turn integer default 1)
returns app_public.tool_calls
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  result app_public.tool_calls;
begin
  conversation := app_private.lock_conversation_of(request_tool_call.message_id);
  if (select m.role from app_public.messages m where m.id = request_tool_call.message_id) <> 'assistant' then
    raise exception 'Only a message of an assistant calls tools.' using errcode = 'CQ200', column = 'message_id', hint = 'Pass the id of the answer.';
  end if;
  insert into app_public.tool_calls (workspace_id, conversation_id, message_id, turn, position, name, arguments)
  values (
    conversation.workspace_id, conversation.id, request_tool_call.message_id, coalesce(request_tool_call.turn, 1),
    1 + (
      select count(*) from app_public.tool_calls t
      where t.message_id = request_tool_call.message_id and t.turn = coalesce(request_tool_call.turn, 1)
    ),
    request_tool_call.name, coalesce(request_tool_call.arguments, '{}')
  )
  returning * into result;
  return result;
end
$$;
comment on function app_public.request_tool_call(uuid, text, jsonb, integer) is
  'Adds a tool call to an answer, to be approved or denied. Errors: CQ101, CQ109, CQ200 not an answer or a value out of range, CQ204 no such message.';
grant execute on function app_public.request_tool_call(uuid, text, jsonb, integer) to colloquy_user, colloquy_admin;
