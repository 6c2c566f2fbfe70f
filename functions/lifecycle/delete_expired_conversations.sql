-- Temporary conversations whose time has come: with the row goes everything that is in them, by the cascade of the foreign
-- keys: messages, chunks and their vectors, feedback, citations, tool calls, images, shares, tags. What they used stays in
-- usage_logs, without naming the conversation. Never one that a legal hold keeps, and never one that somebody is writing in
-- at this moment: the next run finds it.
create or replace function app_hidden.delete_expired_conversations(max_conversations integer default 50)
returns table (conversation_id uuid, workspace_id uuid, messages integer)
language plpgsql
security definer
rows 50
set search_path = pg_catalog, pg_temp
as $$
declare
  candidate record;
begin
  perform app_private.require_batch(max_conversations);
  for candidate in
    select c.id, c.workspace_id
    from app_public.conversations c
    where c.is_temporary and c.expires_at <= clock_timestamp()
      and not app_private.is_held(c.workspace_id, 'conversations', of_conversation => c.id)
    order by c.expires_at
    limit max_conversations
  loop
    -- a statement of its own sees a hold that was placed while this waited
    perform app_private.lock_holds(candidate.workspace_id);
    continue when app_private.is_held(candidate.workspace_id, 'conversations', of_conversation => candidate.id);
    select c.id, c.workspace_id, c.message_count into conversation_id, workspace_id, messages
    from app_public.conversations c
    where c.id = candidate.id and c.is_temporary and c.expires_at <= clock_timestamp()
    for update skip locked;
    continue when not found;
    delete from app_public.conversations c where c.id = candidate.id;
    return next;
  end loop;
end
$$;
comment on function app_hidden.delete_expired_conversations(integer) is 'Removes temporary conversations whose time has come, at most so many, with everything in them. Returns which, and how many messages they had. For the job.';
grant execute on function app_hidden.delete_expired_conversations(integer) to colloquy_worker;
