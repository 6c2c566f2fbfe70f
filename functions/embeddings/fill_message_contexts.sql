-- Gives messages that were indexed before there were contexts theirs, and those whose author is gone theirs anew: newest first,
-- some in one transaction, until none is left. What is missing is the work, so it may end at any time. Whoever has a
-- conversation keeps it. A packed one is restored for it and packed again, once in its life.
--
-- Vectors of models on this machine are made anew; one that was paid for stays as it is until another version is made.
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
      when lock_not_available then
        -- an index is being built, or somebody has a passage: later
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

create or replace function app_private.fill_contexts_of(conversation app_public.conversations, message_ids uuid[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  changed uuid[];
  given integer;
begin
  with filled as (
    update app_public.chunks c
    set context_near = concat_ws(E'\n', x.near, case when k.is_last then x.next_near end),
      context_far = concat_ws(E'\n', x.far, case when k.is_last then x.next_far end),
      lead_in = case when c.chunk_index = 0 then x.lead_in end,
      content_hash = app_hidden.text_hash(concat_ws(E'\n', case when c.chunk_index = 0 then x.lead_in end, c.heading, c.content))
    from app_private.message_contexts(
      conversation, message_ids, (select app_private.workspace_language(conversation.workspace_id))::text
    ) as x
    cross join lateral (
      select s.id, s.chunk_index = max(s.chunk_index) over () as is_last
      from app_public.chunks s
      where s.workspace_id = conversation.workspace_id and s.message_id = x.message_id
      offset 0
    ) as k
    where c.workspace_id = conversation.workspace_id and c.id = k.id and c.context_near is null
    returning c.id, (old.lead_in is distinct from new.lead_in) as is_led_in
  )
  select count(*), array_agg(f.id) filter (where f.is_led_in) into given, changed from filled f;
  -- whose message is not there: they are not asked for again
  update app_public.chunks c set context_near = ''
  where c.workspace_id = conversation.workspace_id and c.message_id = any (message_ids) and c.context_near is null;

  delete from app_public.embeddings e
  using app_hidden.maintained_versions() as v
  where v.provider in ('local', 'transformers') and e.version_id = v.id and e.workspace_id = conversation.workspace_id and e.chunk_id = any (changed);
  if found then
    perform app_hidden.enqueue(
      'index-source',
      jsonb_build_object('workspaceId', conversation.workspace_id, 'sourceType', 'message', 'sourceId', conversation.id),
      'message:' || conversation.id,
      conversation.workspace_id::text
    );
  end if;
  return given;
end
$$;
comment on function app_private.fill_contexts_of(app_public.conversations, uuid[]) is
  'Gives messages of a locked conversation that is not packed their contexts where they have none. Returns how many chunks were written.';
