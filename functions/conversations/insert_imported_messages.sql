-- Adds the messages of an import that are not there yet, oldest first, and remembers each by its external id. The caller holds the
-- conversation.
create or replace function app_private.insert_imported_messages(
  conversation app_public.conversations, imported app_private.imported_message[], source text
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  described jsonb;
  added_messages integer;
begin
  -- in one go: looking up 5,000 files one by one took 9 s
  select jsonb_object_agg(f.external_id, f.id) into described
  from app_public.files f
  where f.workspace_id = conversation.workspace_id and f.conversation_id = conversation.id and f.external_id is not null;

  with added as (
    insert into app_public.messages (
      id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, parent_id, content, model, metadata, idempotency_key,
      attachments
    )
    select
      m.id, conversation.id, conversation.workspace_id, conversation.owner_id, case when m.role = 'user' then conversation.owner_id end,
      conversation.last_sequence_number + row_number() over (order by m.id),
      m.role, case when p.id < m.id then p.id end, m.content, m.model, m.metadata, 'import:' || m.external_id,
      (
        select jsonb_agg(
          coalesce(a.item -> 'metadata', '{}')
          || jsonb_strip_nulls(jsonb_build_object(
            'file_id', described -> (source || '/' || (a.item ->> 'externalId')),
            'name', a.item -> 'name', 'mime_type', a.item -> 'mimeType', 'size', a.item -> 'size'
          ))
          order by a.place
        )
        from jsonb_array_elements(m.attachments) with ordinality as a (item, place)
      )
    from unnest(imported) as m
    left join unnest(imported) as p on p.external_id = m.parent_external_id
    where not exists (
      select from app_hidden.message_idempotency_keys known
      where known.conversation_id = conversation.id and known.idempotency_key = 'import:' || m.external_id
    )
    order by m.id
    returning id, idempotency_key
  ),
  remembered as (
    insert into app_hidden.message_idempotency_keys (workspace_id, conversation_id, idempotency_key, message_id)
    select conversation.workspace_id, conversation.id, a.idempotency_key, a.id from added a
    returning 1
  )
  select count(*) into added_messages from remembered;
  return added_messages;
end
$$;
comment on function app_private.insert_imported_messages(app_public.conversations, app_private.imported_message[], text) is
  'Adds the messages of an import that are not there yet; returns how many.';
-- Deliberately not granted: app_public.import_conversation calls it.
