-- What a retried finish_message returns: the message, if it has ended just so. Called under the lock of the conversation.
create or replace function app_private.ended_as(draft app_public.messages)
returns app_public.messages
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select m
  from app_public.messages m
  where m.id = draft.id and m.role = 'assistant' and m.status = draft.status
    and m.content = coalesce(draft.content, m.content) and m.parts is not distinct from coalesce(draft.parts, m.parts)
    and m.provider is not distinct from coalesce(draft.provider, m.provider) and m.model is not distinct from coalesce(draft.model, m.model)
    and m.prompt_tokens is not distinct from coalesce(draft.prompt_tokens, m.prompt_tokens)
    and m.completion_tokens is not distinct from coalesce(draft.completion_tokens, m.completion_tokens)
    and m.cost_usd is not distinct from coalesce(draft.cost_usd::numeric(12, 6), m.cost_usd)
    and m.metadata @> coalesce(draft.metadata, '{}');
$$;
comment on function app_private.ended_as(app_public.messages) is 'The message of a draft when it has ended with all that the draft says, or null.';
-- Deliberately not granted: app_public.finish_message calls it.
