-- The one way an answer that is being written ends: its pieces become its content, its tokens and cost are counted, and it is indexed and
-- told of from now on. The caller holds the conversation. What was used is recorded in any case, since it happened.
create or replace function app_private.end_stream(conversation app_public.conversations, draft app_public.messages)
returns app_public.messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.messages;
  before app_public.messages;
  streamed bigint;
  total integer := app_private.tokens_together(draft.prompt_tokens, draft.completion_tokens);
begin
  if char_length(draft.content) > 1000000 then
    raise exception 'A message has 0 to 1,000,000 characters; this one has %.', char_length(draft.content) using errcode = 'CQ200', hint = 'Put long texts into documents.';
  end if;
  select m.* into before from app_public.messages m where m.id = draft.id;
  select coalesce(sum(octet_length(p.content)), 0) into streamed from app_hidden.streaming_parts p where p.message_id = draft.id;
  update app_public.messages m
  set
    status = draft.status, content = coalesce(draft.content, app_private.text_so_far(draft.id)), parts = draft.parts,
    provider = coalesce(draft.provider, m.provider), model = coalesce(draft.model, m.model), prompt_tokens = draft.prompt_tokens,
    completion_tokens = draft.completion_tokens, total_tokens = total, cost_usd = draft.cost_usd, processing_time_ms = draft.processing_time_ms,
    relevance_score = draft.relevance_score, metadata = m.metadata || coalesce(draft.metadata, '{}')
  where m.id = draft.id
  returning m.* into result;
  -- its pieces are counted off; what was appended is there and is not refused
  delete from app_hidden.streaming_messages s where s.message_id = draft.id;
  perform app_private.count_storage(added.workspace_id, added.bytes, 0, may_refuse => added.bytes > streamed)
  from (
    select
      result.workspace_id, octet_length(result.content) + coalesce(octet_length(result.parts::text), 0)
        + octet_length(result.metadata::text) - octet_length(before.metadata::text) as bytes
  ) as added;
  update app_public.conversations c
  set
    total_tokens_used = c.total_tokens_used + coalesce(total, 0),
    total_cost_usd = c.total_cost_usd + coalesce(result.cost_usd, 0),
    total_response_time_ms = c.total_response_time_ms + coalesce(result.processing_time_ms, 0),
    response_count = c.response_count + num_nonnulls(result.processing_time_ms)
  where c.id = conversation.id;
  perform app_private.log_usage_of(result, may_refuse => false);
  perform app_private.index_conversation(conversation.workspace_id, conversation.id);
  perform app_private.publish_answer(result);
  return result;
end
$$;
comment on function app_private.end_stream(app_public.conversations, app_public.messages) is
  'Ends an answer of a locked conversation with what the draft says of it. Raises CQ200 too long, CQ222 for what is more than was appended.';
-- Deliberately not granted: app_public.finish_message and app_hidden.fail_left_answers call it.
