-- Brings in a conversation from another system with its whole tree, its times and its roles. Ids are version 7 for those
-- times. What was imported before is known by its external id, kept as an idempotency key: importing again adds only what
-- is new, also when an export gives a message another time than the one before did.
-- The function stays away from temporary tables and makes no partition: a request must not write to the catalogue. What is old has a
-- partition for all of the past, and where that is missing the default one.
-- payload: {source, title, createdAt, model, visibility, metadata, messages: [{externalId, parentExternalId, role, content, createdAt,
--   model, metadata, attachments, toolCalls, feedback}], thoughts}; parents come before children; times in ISO 8601.
-- What an older version read otherwise is read anew, once: when metadata.reading is higher than that of the conversation
-- (revise_imported_messages). thoughts: external ids that are no messages, though they may have been imported as such.
-- visibility counts only when the conversation is new: who shares or hides it later is not overruled by the next import.
create or replace function app_public.import_conversation(payload jsonb)
returns app_public.import_result
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- The planner takes an array for a few rows; 20,000 messages joined by nested loops took 43 s, hashed 2.4 s.
set enable_nestloop = off
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  source text := payload ->> 'source';
  started timestamptz;
  shared_as app_public.visibility;
  conversation app_public.conversations;
  imported app_private.imported_message[];
  result app_public.import_result;
begin
  perform app_hidden.require_member(for_writing => true);
  if source is null or jsonb_typeof(payload -> 'messages') is distinct from 'array' or jsonb_array_length(payload -> 'messages') = 0 then
    raise exception 'The conversation to import needs "source" and at least one of "messages".' using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  if jsonb_array_length(payload -> 'messages') > app_hidden.setting('import_max_messages')::integer then
    raise exception 'An import of a conversation brings at most % messages; this one has %.', app_hidden.setting('import_max_messages'), jsonb_array_length(payload -> 'messages')
      using errcode = 'CQ206', hint = 'Split it into conversations of their own.';
  end if;

  -- two imports of one conversation at once: the second waits, then finds everything there
  perform pg_advisory_xact_lock(hashtextextended(workspace::text || caller::text || source, 0));

  select r.* into imported, started, shared_as from app_private.read_imported_conversation(payload, workspace, caller) as r;
  perform app_private.check_imported_messages(source, imported);

  insert into app_public.conversations (id, workspace_id, owner_id, visibility, external_id, title, model_name, metadata, last_message_at, max_messages)
  values (
    app_hidden.uuidv7_at(started, concat_ws('|', workspace, caller, source)), workspace, caller, shared_as, source,
    nullif(left(trim(payload ->> 'title'), 500), ''), payload ->> 'model', coalesce(payload -> 'metadata', '{}'), started,
    -- history does not use up the room for what comes now
    1000 + cardinality(imported)
  )
  on conflict (workspace_id, owner_id, external_id) where external_id is not null do nothing;
  result.is_new := found;

  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = workspace and c.owner_id = caller and c.external_id = source
  for no key update;
  result.id := conversation.id;

  imported := app_private.keep_imported_ids(conversation, imported);
  -- feedback, too, is packed with its message: what may be there already has to be seen
  if exists (
    select from unnest(imported) as m
    where m.feedback is not null or not exists (
      select from app_hidden.message_idempotency_keys known
      where known.conversation_id = conversation.id and known.idempotency_key = 'import:' || m.external_id
    )
  ) then
    conversation := app_private.unpack_conversation(conversation);
  end if;
  conversation := app_private.revise_imported_messages(conversation, imported, payload);
  result.files_added := app_private.import_attachments(conversation, imported, conversation.visibility);
  result.added := app_private.insert_imported_messages(conversation, imported, source);
  result.unchanged := cardinality(imported) - result.added;
  result.tool_calls_added := app_private.import_tool_calls(conversation, imported);
  result.feedback_added := app_private.import_feedback(conversation, imported);
  return result;
end
$$;
comment on function app_public.import_conversation(jsonb) is
  'Imports a conversation with its tree of messages, their attachments, tool calls and feedback; again adds only what is new. Errors: CQ101, CQ109, CQ200 malformed, CQ206 too many messages, CQ207 over too many months.';
grant execute on function app_public.import_conversation(jsonb) to colloquy_user, colloquy_admin;
