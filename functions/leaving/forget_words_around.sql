-- The passages of a conversation know the words before and after them. The sweep gives them anew what is there (fill_message_contexts);
-- vectors that were made with the end of a message before are made anew, too.
create or replace function app_private.forget_words_around(conversation app_public.conversations)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_public.embeddings e
  using app_public.chunks c
  where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.lead_in is not null
    and e.workspace_id = c.workspace_id and e.chunk_id = c.id;
  insert into app_hidden.embedding_backlog (workspace_id, chunk_id, priority)
  select c.workspace_id, c.id, 0 from app_public.chunks c
  where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.lead_in is not null
  on conflict do nothing;
  update app_public.chunks c
  set context_near = null, context_far = null, lead_in = null, content_hash = app_hidden.text_hash(concat_ws(E'\n', c.heading, c.content))
  where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id
    and (c.context_near is not null or c.context_far is not null or c.lead_in is not null);
end
$$;
comment on function app_private.forget_words_around(app_public.conversations) is 'Has the contexts of the passages of a locked conversation made anew.';
