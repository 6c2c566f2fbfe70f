-- Writes messages that complete_draft made, in one statement: so the counters of their conversation move once, whatever their number.
-- Remembers their idempotency keys, moves the end of the preferred branch, and logs what they cost.
create or replace function app_private.insert_messages(conversation app_public.conversations, drafts app_public.messages[])
returns setof app_public.messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  inserted app_public.messages[];
  last app_public.messages := drafts[cardinality(drafts)];
begin
  begin
    with written as (
      insert into app_public.messages (
        id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, status, parent_id, replaces_id, content, idempotency_key,
        provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd, processing_time_ms, relevance_score, parts, attachments, metadata
      )
      select
        d.id, d.conversation_id, d.workspace_id, d.owner_id, d.author_id, d.sequence_number, d.role, d.status, d.parent_id, d.replaces_id, d.content,
        d.idempotency_key, d.provider, d.model, d.prompt_tokens, d.completion_tokens, d.total_tokens, d.cost_usd, d.processing_time_ms,
        d.relevance_score, d.parts, d.attachments, d.metadata
      from unnest(drafts) as d
      returning *
    )
    select array_agg(w::app_public.messages order by w.sequence_number) into inserted from written w;
  exception when unique_violation then
    -- the same words whether the id belongs to this caller or to somebody else
    raise exception 'The id % cannot be used for a message of this conversation.', drafts[1].id using errcode = 'CQ200', column = 'id', hint = 'Leave it out, or send another one.';
  end;

  if last.idempotency_key is not null then
    insert into app_hidden.message_idempotency_keys (workspace_id, conversation_id, idempotency_key, message_id)
    select d.workspace_id, d.conversation_id, d.idempotency_key, d.id from unnest(drafts) as d where d.idempotency_key is not null;
  end if;
  if last.parent_id is not null or last.replaces_id is not null then
    update app_public.conversations c set preferred_leaf_id = last.id where c.id = conversation.id;
  end if;
  perform app_private.log_usage_of(d) from unnest(drafts) as d;
  return query select i.* from unnest(inserted) as i;
end
$$;
comment on function app_private.insert_messages(app_public.conversations, app_public.messages[]) is
  'Writes complete messages into a locked conversation, in one statement. Raises CQ200 for an id that is used, CQ221 the caller''s monthly quota is spent.';
-- Deliberately not granted: app_private.insert_message and app_private.add_turn call it.
