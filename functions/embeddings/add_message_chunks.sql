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
  beside uuid[];
  added integer;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id = for_conversation
  for no key update;
  -- an answer that is being written, and what is behind it, waits for its end
  through_sequence_number := least(through_sequence_number, (
    select min(s.sequence_number) - 1 from app_hidden.streaming_messages s where s.workspace_id = for_workspace and s.conversation_id = for_conversation
  ));
  if conversation.id is null or conversation.indexed_sequence_number >= through_sequence_number then
    return 0;
  end if;
  select i.added, i.beside into added, beside
  from app_private.insert_message_chunks(conversation, declared, through_sequence_number, new_chunks) as i;

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
