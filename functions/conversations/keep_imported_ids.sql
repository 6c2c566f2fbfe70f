-- Which id each message of an import has in its conversation.
create or replace function app_private.keep_imported_ids(conversation app_public.conversations, imported app_private.imported_message[])
returns app_private.imported_message[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- a message that was there keeps its id; a new one that claims to be older than the conversation comes right after it
  select array_agg(
    row(
      m.position, m.external_id, m.parent_external_id, m.role, m.content, m.written_at, m.model, m.metadata,
      coalesce(
        known.message_id,
        case when m.id > conversation.id then m.id
          else app_hidden.uuidv7_at(uuid_extract_timestamp(conversation.id) + interval '1 millisecond', concat_ws('|', conversation.id, m.external_id))
        end
      ),
      m.attachments, m.tool_calls, m.feedback
    )::app_private.imported_message
  )
  from unnest(imported) as m
  left join app_hidden.message_idempotency_keys known
    on known.conversation_id = conversation.id and known.idempotency_key = 'import:' || m.external_id;
$$;
comment on function app_private.keep_imported_ids(app_public.conversations, app_private.imported_message[]) is
  'The messages of an import with the ids that they have, or get.';
-- Deliberately not granted: app_public.import_conversation calls it.
