-- What a retry says has to be what was said with its idempotency key: another text would be lost without a word. Times are not compared,
-- and what is left out of a retry is no difference of place.
create or replace function app_private.require_same_content(stored app_public.messages, said app_public.messages)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if (stored.role, stored.content, stored.parts, stored.attachments, stored.provider, stored.model, stored.prompt_tokens, stored.completion_tokens, stored.cost_usd)
    is distinct from (
      coalesce(said.role, 'user'), said.content, said.parts, said.attachments, said.provider, said.model, said.prompt_tokens, said.completion_tokens, said.cost_usd
    )
    or stored.metadata <> coalesce(said.metadata, '{}')
    or stored.total_tokens <> said.total_tokens
    or stored.parent_id <> said.parent_id
  then
    perform app_private.refuse_other_content();
  end if;
end
$$;
comment on function app_private.require_same_content(app_public.messages, app_public.messages) is
  'Raises CQ810 when what is said with an idempotency key is not what is stored with it.';
-- Deliberately not granted: functions that take an idempotency key call it.
