-- Packs the messages of a conversation. What belongs to a message (feedback, citations, calls of tools) stays rows: it is found by
-- itself, and nobody finds less of it because a conversation rests (docs/decisions/packed-conversations.md).
--
-- The caller holds its row "for update". Nothing is deleted before the documents were read back, decoded, encoded anew and found
-- equal, and what is deleted is counted: whatever differs ends the transaction. The conversation is warm before the first row
-- goes, by which the triggers that count know that nothing is lost.
create or replace function app_private.pack_conversation(conversation app_public.conversations)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
  archived app_hidden.conversation_archives;
  rows_read integer;
  deleted integer;
  result app_public.conversations;
begin
  if conversation.storage_tier <> 'hot' then
    return conversation;
  end if;
  perform app_private.refuse_streaming(conversation);
  -- who reads it later restores it: the messages of a job that cuts them must be rows until then
  if conversation.indexed_sequence_number < conversation.last_sequence_number then
    raise exception 'Messages of this conversation are still being indexed.' using errcode = 'CQ261', hint = 'Try again when the worker has done them.';
  end if;

  -- the words around its messages are those of the branch that is chosen, while they are rows
  perform app_private.refresh_branch(conversation);
  -- the days that changed since the last run are counted while their messages are rows
  perform app_private.settle_conversation_analytics(array[conversation.id]);

  select array_agg(m.id order by m.id) into archived.message_ids
  from app_public.messages m
  where m.conversation_id = conversation.id and m.id >= conversation.id and m.id <= conversation.last_message_id;
  insert into app_hidden.conversation_archives (conversation_id, workspace_id, message_count, message_ids, sha256)
  values (
    conversation.id, conversation.workspace_id, coalesce(cardinality(archived.message_ids), 0), coalesce(archived.message_ids, '{}'), sha256('')
  );

  perform app_private.write_archive_parts(conversation);
  rows_read := app_private.check_packed_rows(conversation);

  update app_hidden.conversation_archives a set sha256 = app_private.archive_hash(conversation.id) where a.conversation_id = conversation.id;
  update app_public.conversations c set storage_tier = 'warm' where c.id = conversation.id returning c.* into result;

  delete from app_public.messages m
  where m.conversation_id = conversation.id and m.id >= conversation.id and m.id <= conversation.last_message_id;
  get diagnostics deleted = row_count;
  if rows_read <> deleted or rows_read <> conversation.message_count then
    raise exception 'Conversation % has % messages, % were packed, % would go.', conversation.id, conversation.message_count, rows_read, deleted
      using errcode = 'CQ260', hint = 'Nothing was deleted. Report it as a bug.';
  end if;

  update app_public.chunks c set tier = 'cold' where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.tier <> 'cold';
  return result;
end
$$;
comment on function app_private.pack_conversation(app_public.conversations) is
  'Packs a locked conversation; one that is packed stays as it is. Raises CQ260 when what was packed is not what was there, CQ261 while it is being indexed, CQ814 while an answer is being written in it.';
