-- Approves or denies a call, or tells how it went. Which step may follow which is the trigger's business.
create or replace function app_public.answer_tool_call(
  tool_call_id uuid,
  status app_public.tool_call_status,
  result jsonb default null,
  error text default null,
  duration_ms integer default null
)
returns app_public.tool_calls
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  answered app_public.tool_calls;
begin
  perform app_private.lock_conversation((
    select t.conversation_id
    from app_public.tool_calls t
    where t.id = answer_tool_call.tool_call_id and t.workspace_id = app_hidden.current_workspace_id()
  ));
  update app_public.tool_calls t
  set
    status = answer_tool_call.status,
    result = coalesce(answer_tool_call.result, t.result),
    error = coalesce(answer_tool_call.error, t.error),
    duration_ms = coalesce(answer_tool_call.duration_ms, t.duration_ms),
    decided_by = case when answer_tool_call.status in ('approved', 'denied') then app_hidden.current_user_id() else t.decided_by end
  where t.id = answer_tool_call.tool_call_id and t.status <> answer_tool_call.status
  returning t.* into answered;
  if answered.id is null then
    -- the same answer again: nothing was written
    select t.* into answered from app_public.tool_calls t where t.id = answer_tool_call.tool_call_id;
  end if;
  return answered;
end
$$;
comment on function app_public.answer_tool_call(uuid, app_public.tool_call_status, jsonb, text, integer) is
  'Approves or denies a tool call, or reports how it went. Errors: CQ101, CQ109, CQ204 no such call, CQ210 it cannot become that now.';
grant execute on function app_public.answer_tool_call(uuid, app_public.tool_call_status, jsonb, text, integer) to colloquy_user, colloquy_admin;
