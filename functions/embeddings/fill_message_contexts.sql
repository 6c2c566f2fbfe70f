-- Gives messages that were indexed before there were contexts theirs, and those whose author is gone theirs anew: newest first,
-- some in one transaction, until none is left. What is missing is the work, so it may end at any time. Whoever has a
-- conversation keeps it. A packed one is restored for it and packed again, once in its life.
create or replace function app_hidden.fill_message_contexts(max_chunks integer default 200)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
declare
  missing record;
  conversation app_public.conversations;
  filled integer := 0;
begin
  perform app_private.require_batch(max_chunks);
  for missing in
    select n.workspace_id, n.conversation_id, array_agg(distinct n.message_id) as message_ids
    from (
      select c.workspace_id, c.conversation_id, c.message_id
      from app_public.chunks c
      where c.source_type = 'message' and c.context_near is null
      order by c.id desc
      limit max_chunks
    ) as n
    group by n.workspace_id, n.conversation_id
    order by max(n.message_id::text) desc
  loop
    begin
      select c.* into conversation from app_public.conversations c where c.id = missing.conversation_id for update skip locked;
      continue when conversation.id is null;
      if conversation.storage_tier = 'hot' then
        filled := filled + app_private.fill_contexts_of(conversation, missing.message_ids);
      else
        conversation := app_private.unpack_conversation(conversation);
        filled := filled + app_private.fill_contexts_of(conversation, array(
          select distinct c.message_id from app_public.chunks c
          where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.context_near is null
        ));
        conversation := app_private.pack_conversation(conversation);
      end if;
    exception
      when lock_not_available or sqlstate 'CQ720' then
        -- an index is being built, somebody has a passage, or its messages are in the storage of files: later
        continue;
      when sqlstate 'CQ260' then
        -- damaged: its messages are found by their own words
        update app_public.chunks c set context_near = ''
        where c.workspace_id = missing.workspace_id and c.conversation_id = missing.conversation_id and c.context_near is null;
    end;
  end loop;
  return filled;
end
$$;
comment on function app_hidden.fill_message_contexts(integer) is
  'Gives chunks of messages without a context theirs, newest first, those of so many chunks; returns how many, 0 when none is left or free. For the job. Error: CQ200.';
grant execute on function app_hidden.fill_message_contexts(integer) to colloquy_worker;
