-- Brings in a conversation from another system with its whole tree, its times and its roles. Ids are version 7 for those
-- times. What was imported before is known by its external id, kept as an idempotency key: importing again adds only what
-- is new, also when an export gives a message another time than the one before did.
-- The function stays away from temporary tables: a request must not write to the catalogue.
-- payload: {source, title, createdAt, model, visibility, metadata, messages: [{externalId, parentExternalId, role, content, createdAt,
--   model, metadata, attachments, toolCalls, feedback}]}; parents come before children; times in ISO 8601. At most 100,000 messages.
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
  described jsonb;
  result app_public.import_result;
begin
  perform app_hidden.require_member(for_writing => true);
  if source is null or jsonb_typeof(payload -> 'messages') is distinct from 'array' or jsonb_array_length(payload -> 'messages') not between 1 and 100000 then
    raise exception 'The conversation to import needs "source" and 1 to 100,000 "messages".' using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;

  -- two imports of one conversation at once: the second waits, then finds everything there
  perform pg_advisory_xact_lock(hashtextextended(workspace::text || caller::text || source, 0));

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
  end;
  if exists (
    select from unnest(imported) as m
    where m.external_id is null or char_length(m.external_id) > 190 or m.role is null or m.content is null or m.written_at is null
      or m.written_at < '1970-01-02T00:00:00Z' or m.written_at > clock_timestamp() + interval '5 minutes'
  ) or (select count(*) <> count(distinct m.external_id) from unnest(imported) as m) then
    raise exception 'The conversation "%" has a message without externalId (at most 190 characters), role, content or a time between 1970 and now, or one twice.', source
      using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  if exists (
    select from unnest(imported) as m
    where jsonb_typeof(m.attachments) <> 'array' or jsonb_typeof(m.tool_calls) <> 'array' or jsonb_typeof(m.feedback) <> 'object'
  ) then
    raise exception 'The conversation "%" has a message whose attachments or toolCalls are no array, or whose feedback is no object.', source
      using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  -- one aggregate, not exists(): expecting an early hit, the planner compared each with each
  if (
    select bool_or(p.id is null or p.id >= m.id)
    from unnest(imported) as m
    left join unnest(imported) as p on p.external_id = m.parent_external_id
    where m.parent_external_id is not null
  ) then
    raise exception 'The conversation "%" has a message whose parent is missing or not older than itself.', source
      using errcode = 'CQ200', hint = 'Give each child a later time than its parent, or leave parentExternalId out.';
  end if;

  -- Before the first write, since attaching a partition waits for the writers of conversations.
  perform app_private.ensure_months('messages', array(select distinct m.written_at from unnest(imported) as m));

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
  into imported
  from unnest(imported) as m
  left join app_hidden.message_idempotency_keys known
    on known.conversation_id = conversation.id and known.idempotency_key = 'import:' || m.external_id;

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
  result.files_added := app_private.import_attachments(conversation, imported, conversation.visibility);
  -- in one go: looking up 5,000 files one by one took 9 s
  select jsonb_object_agg(f.external_id, f.id) into described
  from app_public.files f
  where f.workspace_id = workspace and f.conversation_id = conversation.id and f.external_id is not null;

  with added as (
    insert into app_public.messages (
      id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, parent_id, content, model, metadata, idempotency_key,
      attachments
    )
    select
      m.id, conversation.id, workspace, caller, case when m.role = 'user' then caller end,
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
    select workspace, conversation.id, a.idempotency_key, a.id from added a
    returning 1
  )
  select count(*) into result.added from remembered;
  result.unchanged := cardinality(imported) - result.added;
  result.tool_calls_added := app_private.import_tool_calls(conversation, imported);
  result.feedback_added := app_private.import_feedback(conversation, imported);
  return result;
end
$$;
comment on function app_public.import_conversation(jsonb) is
  'Imports a conversation with its tree of messages, their attachments, tool calls and feedback; again adds only what is new. Errors: CQ101, CQ109, CQ200 malformed.';
grant execute on function app_public.import_conversation(jsonb) to colloquy_user, colloquy_admin;
