-- Writes the tool calls of an answer that is complete. calls: [{name, arguments, result, error, status, turn, position,
-- durationMs}]; status is succeeded unless it says otherwise.
create or replace function app_private.add_tool_calls(message app_public.messages, calls jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- before anything is planned: most answers called nothing
  if coalesce(jsonb_typeof(calls), 'null') = 'null' or calls = '[]' then
    return;
  end if;
  if jsonb_typeof(calls) <> 'array' or jsonb_array_length(calls) > 200 then
    raise exception 'toolCalls is an array of at most 200 calls.' using errcode = 'CQ200', column = 'tool_calls', hint = 'Each is {name, arguments, result, status, durationMs}.';
  end if;
  insert into app_public.tool_calls (
    workspace_id, conversation_id, message_id, turn, position, name, arguments, status, result, error, duration_ms
  )
  select
    message.workspace_id, message.conversation_id, message.id, coalesce((c.item ->> 'turn')::integer, 1),
    coalesce((c.item ->> 'position')::integer, c.place::integer), c.item ->> 'name', coalesce(c.item -> 'arguments', '{}'),
    coalesce((c.item ->> 'status')::app_public.tool_call_status, 'succeeded'), c.item -> 'result', c.item ->> 'error',
    (c.item ->> 'durationMs')::integer
  from jsonb_array_elements(calls) with ordinality as c (item, place);
end
$$;
comment on function app_private.add_tool_calls(app_public.messages, jsonb) is 'Writes the tool calls of an answer. Raises CQ200.';
