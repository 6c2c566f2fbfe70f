-- The messages, the beginning and the visibility that the payload of an import says, as they are written there: what cannot be read at
-- all is refused. See app_public.import_conversation for the payload.
create or replace function app_private.read_imported_conversation(
  payload jsonb, workspace uuid, caller uuid,
  out imported app_private.imported_message[], out started timestamptz, out shared_as app_public.visibility
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  source constant text := payload ->> 'source';
begin
  select array_agg(
    row(
      m.position, m.item ->> 'externalId', m.item ->> 'parentExternalId', (m.item ->> 'role')::app_public.message_role,
      m.item ->> 'content', written.at, m.item ->> 'model', coalesce(m.item -> 'metadata', '{}'),
      app_hidden.uuidv7_at(written.at, concat_ws('|', workspace, caller, source, m.item ->> 'externalId')),
      nullif(m.item -> 'attachments', 'null'), nullif(m.item -> 'toolCalls', 'null'), nullif(m.item -> 'feedback', 'null')
    )::app_private.imported_message
    order by m.position
  )
  into imported
  from jsonb_array_elements(payload -> 'messages') with ordinality as m (item, position)
  cross join lateral (select date_trunc('milliseconds', (m.item ->> 'createdAt')::timestamptz) as at) as written;
  started := least(
    date_trunc('milliseconds', (payload ->> 'createdAt')::timestamptz),
    (select min(m.written_at) from unnest(imported) as m) - interval '1 millisecond'
  );
  shared_as := coalesce(payload ->> 'visibility', 'private')::app_public.visibility;
exception when invalid_text_representation or datetime_field_overflow or invalid_datetime_format then
  raise exception 'The conversation "%" has a role, a visibility or a time that cannot be read.', source using errcode = 'CQ200', hint = 'Roles are user, assistant, system and tool; times are in ISO 8601. See docs/import.md for the format.';
end
$$;
comment on function app_private.read_imported_conversation(jsonb, uuid, uuid) is
  'What the payload of an import says: its messages with ids for their times, when it began, who sees it. Error: CQ200 malformed.';
-- Deliberately not granted: app_public.import_conversation calls it.
