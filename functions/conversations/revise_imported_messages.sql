-- A newer version reads the same export better: a report that was lost, marks that stood in the text, what was thought and not said. So a
-- conversation that was imported with a lower metadata.reading gets the texts of its messages anew, once, and what they are found by
-- is made anew. What is a thought now stays where it is, as a tool's, which is not searched. keep_messages lets only this through.
-- What people wrote here is not of the import, and what a legal hold keeps stays as it is.
create or replace function app_private.revise_imported_messages(
  conversation app_public.conversations, imported app_private.imported_message[], payload jsonb
)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
declare
  payload_reading constant integer := substring(payload #>> '{metadata,reading}' from '^\d{1,9}$')::integer;
  revised uuid[];
  first_revised integer;
  grown bigint;
begin
  if payload_reading is null or payload_reading <= coalesce(substring(conversation.metadata ->> 'reading' from '^\d{1,9}$')::integer, 1) then
    return conversation;
  end if;
  conversation := app_private.unpack_conversation(conversation);
  begin
    with wanted as (
      select m.external_id, m.role, m.content, m.metadata from unnest(imported) as m
      union all
      select t.external_id, 'tool', null, '{"is_thought": true}'
      from jsonb_array_elements_text(coalesce(nullif(payload -> 'thoughts', 'null'), '[]')) as t (external_id)
    ),
    changed as (
      update app_public.messages m
      set role = w.role, content = coalesce(w.content, m.content),
        metadata = case when w.content is null then m.metadata else '{}' end || w.metadata || jsonb_build_object('reading', payload_reading)
      from wanted w
      join app_hidden.message_idempotency_keys k on k.conversation_id = conversation.id and k.idempotency_key = 'import:' || w.external_id
      where m.conversation_id = conversation.id and m.id = k.message_id and m.status = 'complete'
        and (m.role, m.content, m.metadata) is distinct from (w.role, w.content, w.metadata)
      returning
        m.id, m.sequence_number,
        octet_length(new.content) + octet_length(new.metadata::text) - octet_length(old.content) - octet_length(old.metadata::text) as bytes
    )
    select array_agg(c.id), min(c.sequence_number), coalesce(sum(c.bytes), 0) into revised, first_revised, grown from changed c;
    perform app_private.count_storage(conversation.workspace_id, grown, 0);
    delete from app_public.chunks c where c.workspace_id = conversation.workspace_id and c.message_id = any (revised);
    update app_public.conversations c
    set metadata = c.metadata || (payload -> 'metadata'), indexed_sequence_number = least(c.indexed_sequence_number, first_revised - 1)
    where c.id = conversation.id
    returning c.* into conversation;
  exception when sqlstate 'CQ120' then
    return conversation;
  end;
  perform app_private.index_conversation(conversation.workspace_id, conversation.id);
  return conversation;
end
$$;
comment on function app_private.revise_imported_messages(app_public.conversations, app_private.imported_message[], jsonb) is
  'Brings the messages of a conversation that an older version imported to what the import reads now, once. Returns the conversation.';
-- Deliberately not granted: app_public.import_conversation calls it.
