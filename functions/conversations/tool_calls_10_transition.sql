-- Before each update: a call moves forward only, and what it was asked to do never changes.
create or replace function app_private.check_tool_call_transition()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if (old.status, new.status) not in (
    ('requested', 'approved'), ('requested', 'denied'), ('approved', 'running'), ('approved', 'succeeded'), ('approved', 'failed'),
    ('running', 'succeeded'), ('running', 'failed')
  ) and old.status <> new.status then
    raise exception 'A tool call that is % cannot become %.', old.status, new.status
      using errcode = 'CQ210', hint = 'requested: approve or deny it; approved: run it; running: report its result.';
  end if;
  if (new.message_id, new.name, new.arguments) is distinct from (old.message_id, old.name, old.arguments) then
    raise exception 'What a tool call was asked to do does not change.' using errcode = 'CQ210', hint = 'Request another call.';
  end if;
  new.updated_at := clock_timestamp();
  return new;
end
$$;
comment on function app_private.check_tool_call_transition() is 'Trigger: lets a tool call move forward only. Raises CQ210.';

create or replace trigger tool_calls_10_transition
before update of status, message_id, name, arguments on app_public.tool_calls
for each row execute function app_private.check_tool_call_transition();
