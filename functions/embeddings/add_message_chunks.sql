-- What the indexing worker calls with the passages of messages. A repeated call changes nothing. Only the worker may call it.
create or replace function app_hidden.add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  declared app_public.text_search_language := app_private.workspace_language(for_workspace);
  new_messages uuid[];
  beside uuid[];
  added integer;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id = for_conversation
  for no key update;
  if conversation.id is null or conversation.indexed_sequence_number >= through_sequence_number then
    return 0;
  end if;
  new_messages := array(select distinct w.message_id from jsonb_to_recordset(new_chunks) as w (message_id uuid));

  with contexts as materialized (
    select x.* from app_private.message_contexts(conversation, new_messages, declared::text) as x
  ),
  inserted as (
    insert into app_public.chunks (
      workspace_id, source_type, conversation_id, message_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset,
      token_count, lead_in, context_near, context_far, content_hash, text_search_language, is_language_recognized
    )
    select
      for_workspace, 'message', for_conversation, w.message_id, conversation.owner_id, conversation.visibility, w.chunk_index, w.content,
      w.heading, w.start_offset, w.end_offset, w.token_count, beginning.lead_in,
      concat_ws(E'\n', x.near, case when w.is_last then x.next_near end),
      concat_ws(E'\n', x.far, case when w.is_last then x.next_far end),
      app_hidden.text_hash(concat_ws(E'\n', beginning.lead_in, w.heading, w.content)),
      coalesce(app_private.recognized_language(declared, w.language), declared),
      app_private.recognized_language(declared, w.language) is not null
    from (
      select r.*, r.chunk_index = max(r.chunk_index) over (partition by r.message_id) as is_last
      from jsonb_to_recordset(new_chunks) as r (
        message_id uuid, chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer,
        language text
      )
    ) as w
    join app_public.messages m
      on m.id = w.message_id and m.conversation_id = for_conversation
      and m.sequence_number > conversation.indexed_sequence_number and m.sequence_number <= through_sequence_number
    join contexts x on x.message_id = w.message_id
    cross join lateral (select case when w.chunk_index = 0 then x.lead_in end as lead_in) as beginning
    -- behind one that is tried again after it was given up, they have theirs
    where not exists (select from app_public.chunks c where c.workspace_id = for_workspace and c.message_id = w.message_id)
    -- their ids tell which is newer
    order by m.sequence_number, w.chunk_index
    returning id
  )
  select
    (select count(*) from inserted),
    array(select distinct n.id from contexts x cross join lateral unnest(x.neighbour_ids) as n (id) where n.id <> all (new_messages))
  into added, beside;

  -- what they stand beside has new neighbours
  if added > 0 and cardinality(beside) > 0 then
    perform app_private.refresh_message_contexts(conversation, beside);
  end if;
  update app_public.conversations c set indexed_sequence_number = through_sequence_number where c.id = for_conversation;
  -- when the last message is there: the branch that was chosen ends with it
  if through_sequence_number >= conversation.last_sequence_number then
    perform app_private.refresh_branch(conversation);
  end if;
  delete from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and f.conversation_id = for_conversation and f.sequence_number <= through_sequence_number and not f.is_dead;
  return added;
end
$$;
comment on function app_hidden.add_message_chunks(uuid, uuid, integer, jsonb) is
  'Adds the chunks of new messages of a conversation and remembers how far it got. Done twice, it changes nothing.';
grant execute on function app_hidden.add_message_chunks(uuid, uuid, integer, jsonb) to colloquy_worker;
