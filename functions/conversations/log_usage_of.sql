-- What a message cost, for its author's quota and the usage log. Most cost nothing.
create or replace function app_private.log_usage_of(message app_public.messages, may_refuse boolean default true)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  -- a total that is less than its parts lowers nothing
  used bigint := greatest(message.total_tokens, coalesce(message.prompt_tokens, 0)::bigint + coalesce(message.completion_tokens, 0), 0);
begin
  if used > 0 or message.cost_usd > 0 then
    if may_refuse then
      perform app_private.require_quota();
    end if;
    insert into app_public.usage_logs (
      workspace_id, user_id, conversation_id, message_id, action, provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd
    )
    values (
      message.workspace_id, app_hidden.current_user_id(), message.conversation_id, message.id, 'message', message.provider, message.model,
      message.prompt_tokens, message.completion_tokens, used, coalesce(message.cost_usd, 0)
    );
  end if;
end
$$;
comment on function app_private.log_usage_of(app_public.messages, boolean) is
  'Logs what a message cost. Raises CQ221 when the caller''s monthly quota is spent, unless it was used already and is recorded in any case.';
-- Deliberately not granted: app_private.insert_messages and app_private.end_stream call it.
