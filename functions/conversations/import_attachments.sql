-- The attachments of an imported conversation: each becomes a row of files that says what it was and where its bytes are, since
-- an export has its names and seldom its bytes. One that was described before is left alone. Where the export has the text that
-- was read from it, that becomes a document, which can be searched. Must never set a hash: without bytes there is none.
-- A document that was written in the conversation is brought up to date when it is there in another version (update_written_document).
-- attachments of a message: [{externalId, name, mimeType, size, bytes, text, contentType, language, metadata}]; bytes is in_export,
-- missing, or written.
create or replace function app_private.import_attachments(
  conversation app_public.conversations, messages app_private.imported_message[], shared_as app_public.visibility
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  attached record;
  described_id uuid;
  document_id uuid;
  added integer := 0;
begin
  for attached in
    select
      m.external_id as message, conversation.external_id || '/' || (a.item ->> 'externalId') as external_id, a.item ->> 'name' as name,
      a.item ->> 'mimeType' as mime_type, (a.item ->> 'size')::bigint as size, coalesce(a.item ->> 'bytes', 'missing') as bytes,
      a.item ->> 'text' as text, a.item ->> 'contentType' as content_type, a.item ->> 'language' as language, coalesce(a.item -> 'metadata', '{}') as metadata
    from unnest(messages) as m
    cross join jsonb_array_elements(m.attachments) with ordinality as a (item, place)
    order by m.position, a.place
  loop
    if attached.external_id is null or coalesce(trim(attached.name), '') = '' or attached.bytes not in ('in_export', 'missing', 'written') then
      raise exception 'The conversation "%" has an attachment without externalId or name.', conversation.external_id
        using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
    end if;
    insert into app_public.files as f (
      workspace_id, owner_id, visibility, original_name, external_id, mime_type, byte_size, processing_status, extracted_length,
      conversation_id, metadata
    )
    values (
      conversation.workspace_id, conversation.owner_id, shared_as, left(regexp_replace(attached.name, '^.*[/\\](?=.)', ''), 255), attached.external_id,
      (
        select c.mime_type
        from app_public.file_type_configs c
        where c.mime_type = lower(attached.mime_type) or lower(attached.mime_type) = any (c.extensions)
        order by c.mime_type
        limit 1
      ),
      attached.size, 'completed', char_length(attached.text), conversation.id,
      attached.metadata || jsonb_strip_nulls(jsonb_build_object('bytes', attached.bytes, 'mime_type', attached.mime_type, 'message', attached.message))
    )
    on conflict (workspace_id, owner_id, external_id) where external_id is not null do nothing
    returning f.id into described_id;
    if described_id is null and attached.bytes = 'written' then
      perform app_private.update_written_document(
        conversation, attached.external_id, attached.name, attached.text, attached.content_type, attached.language, attached.metadata
      );
    end if;
    continue when described_id is null;
    added := added + 1;
    continue when coalesce(trim(attached.text), '') = '';
    select d.id into document_id
    from app_public.create_document(
      title => left(trim(attached.name), 500), content => attached.text, source_url => attached.external_id, visibility => shared_as,
      content_type => coalesce(attached.content_type, 'text'), code_language => attached.language,
      metadata => attached.metadata || jsonb_build_object('conversation', conversation.id, 'message', attached.message)
    ) as d;
    update app_public.documents d set file_id = described_id where d.id = document_id;
  end loop;
  return added;
end
$$;
comment on function app_private.import_attachments(app_public.conversations, app_private.imported_message[], app_public.visibility) is
  'Describes the attachments of an imported conversation. Returns how many are new. Raises CQ200.';
