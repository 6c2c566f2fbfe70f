-- The tool calls of an imported conversation. They are history: each has an end, and one that waits for approval is refused,
-- since nobody could carry it out. A call that is there already is left alone, whatever the export says of it now.
-- toolCalls of a message: [{turn, position, name, arguments, result, error, status, durationMs}]; status is succeeded unless it
-- says failed or denied.
create or replace function app_private.import_tool_calls(conversation app_public.conversations, messages app_private.imported_message[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  added integer;
begin
  if exists (
    select
    from unnest(messages) as m
    cross join jsonb_array_elements(m.tool_calls) as c (item)
    where m.role <> 'assistant' or coalesce(c.item ->> 'status', 'succeeded') not in ('succeeded', 'failed', 'denied')
  ) then
    raise exception 'The conversation "%" has a tool call that is not an assistant''s or has no end.', conversation.external_id
      using errcode = 'CQ200', hint = 'Its status is succeeded, failed or denied.';
  end if;
  insert into app_public.tool_calls (
    id, workspace_id, conversation_id, message_id, turn, position, name, arguments, status, result, error, duration_ms
  )
  select
    app_hidden.uuidv7_at(uuid_extract_timestamp(m.id), concat_ws('|', m.id, 'tool', numbered.turn, numbered.position)),
    conversation.workspace_id, conversation.id, m.id, numbered.turn, numbered.position, c.item ->> 'name', coalesce(c.item -> 'arguments', '{}'),
    coalesce(c.item ->> 'status', 'succeeded')::app_public.tool_call_status, c.item -> 'result', c.item ->> 'error', (c.item ->> 'durationMs')::integer
  from unnest(messages) as m
  cross join jsonb_array_elements(m.tool_calls) with ordinality as c (item, place)
  cross join lateral (
    select coalesce((c.item ->> 'turn')::integer, 1) as turn, coalesce((c.item ->> 'position')::integer, c.place::integer) as position
  ) as numbered
  on conflict on constraint tool_calls_message_id_turn_position_key do nothing;
  get diagnostics added = row_count;
  return added;
end
$$;
comment on function app_private.import_tool_calls(app_public.conversations, app_private.imported_message[]) is
  'Writes the tool calls of an imported conversation. Returns how many are new. Raises CQ200.';
