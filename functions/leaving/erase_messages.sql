-- What the person wrote in conversations of others: the message stays in its place, without its text, its author, and whatever came with
-- it. Passages, vectors and citations of it go, and so do the calls of tools that it and the answers to it made, whose arguments
-- repeat it. What was found around it is found anew, without its words. Answers are the conversation's, and stay.
create or replace function app_private.erase_messages(erasure app_hidden.pending_erasures, max_rows integer)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  tombstone constant text := '[erased]';
  conversation app_public.conversations;
  ids uuid[];
  texts text[];
  bytes bigint;
  calls bigint;
  -- made of the first words of such a message
  is_titled boolean;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.id = (select m.conversation_id from app_public.messages m where m.author_id = erasure.user_id limit 1)
  for update;
  if conversation.id is null then
    return null;
  end if;
  select array_agg(s.id), array_agg(left(s.content, 1000)), sum(s.bytes) into ids, texts, bytes
  from (
    select m.id, m.content, octet_length(m.content) + coalesce(octet_length(m.parts::text), 0) + coalesce(octet_length(m.attachments::text), 0)
      + octet_length(m.metadata::text) - octet_length(tombstone) - 2 as bytes
    from app_public.messages m
    where m.conversation_id = conversation.id and m.author_id = erasure.user_id
    limit max_rows
  ) as s;

  calls := app_private.erase_tool_calls(conversation, ids);
  delete from app_hidden.message_idempotency_keys k where k.conversation_id = conversation.id and k.message_id = any (ids);
  perform app_private.erase_cited_passages(of_messages => ids);
  delete from app_public.chunks c where c.workspace_id = conversation.workspace_id and c.message_id = any (ids);
  update app_public.messages m
  set content = tombstone, parts = null, attachments = null, metadata = '{}', idempotency_key = null, author_id = null
  where m.conversation_id = conversation.id and m.id = any (ids);
  perform app_private.count_storage(conversation.workspace_id, -bytes, 0);
  perform app_private.forget_words_around(conversation);
  is_titled := char_length(rtrim(conversation.title, '…. ')) >= 5
    and exists (select from unnest(texts) as t (content) where starts_with(t.content, rtrim(conversation.title, '…. ')));
  update app_public.conversations c
  set summary = null, summary_until_message_id = null, title = case when is_titled then tombstone else c.title end
  where c.id = conversation.id;
  update app_hidden.cited_passages p
  set title = tombstone
  where is_titled and p.workspace_id = conversation.workspace_id and p.conversation_id = conversation.id and p.title is not null;
  return jsonb_build_object('messages', cardinality(ids), 'tool_calls', calls);
end
$$;
comment on function app_private.erase_messages(app_hidden.pending_erasures, integer) is 'Takes the texts of a person out of a conversation of somebody else, so many at a time.';
