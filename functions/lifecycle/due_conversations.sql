-- Conversations whose time has come, from an id on. A conversation lives by its last message, and by its last change by a person; one
-- that is continued, by its continuations, too: people see them as one. What a narrower legal hold keeps is not due. Inlined: no settings.
create or replace function app_private.due_conversations(
  for_workspace uuid, due_before timestamptz, after_id uuid, max_rows integer, among uuid[]
)
returns table (id uuid, at timestamptz, bytes bigint, partition regclass)
language sql
stable
as $$
  select c.id, greatest(c.last_message_at, c.updated_at), (
      select coalesce(
        sum(
          octet_length(m.content) + coalesce(octet_length(m.parts::text), 0) + coalesce(octet_length(m.attachments::text), 0)
          + octet_length(m.metadata::text)
        ), 0
      )
      from app_public.messages m
      where m.conversation_id = c.id and m.id >= c.id and m.id <= c.last_message_id
    )::bigint + (
      select coalesce(sum(coalesce(octet_length(p.document), p.stored_bytes) / 4), 0)
      from app_hidden.conversation_archive_parts p
      where p.workspace_id = c.workspace_id and p.conversation_id = c.id
    )::bigint, null::regclass
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id < app_hidden.uuidv7_floor(due_before)
    and (after_id is null or c.id > after_id) and (among is null or c.id = any (among))
    and greatest(c.last_message_at, c.updated_at) < due_before
    and not exists (
      with recursive later as (
        select n.id, greatest(n.last_message_at, n.updated_at) as at
        from app_public.conversations n
        where n.workspace_id = for_workspace and n.continued_from_id = c.id
        union all
        select n.id, greatest(n.last_message_at, n.updated_at)
        from later l
        join app_public.conversations n on n.workspace_id = for_workspace and n.continued_from_id = l.id
      )
      select from later l where l.at >= due_before
    )
    and not exists (
      select from app_private.narrow_holds(for_workspace, 'conversations') h where app_private.keeps_conversation(h, c)
    )
  order by c.id
  limit max_rows;
$$;
comment on function app_private.due_conversations(uuid, timestamptz, uuid, integer, uuid[]) is
  'Conversations of a workspace in which nothing happened since a time; after an id, at most so many, only among some.';
-- Deliberately not granted: app_private.retention_due calls it.
