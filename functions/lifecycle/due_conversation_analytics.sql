-- Figures of conversations whose time has come, the oldest days first; their id is that of the conversation, and among takes all of
-- its days. They need no id to go on from: nothing is left out on the way. What a narrower legal hold keeps is not due. Inlined: no settings.
create or replace function app_private.due_conversation_analytics(
  for_workspace uuid, due_before timestamptz, max_rows integer, among uuid[]
)
returns table (id uuid, at timestamptz, bytes bigint, partition regclass)
language sql
stable
as $$
  select a.conversation_id, a.day::timestamp at time zone 'UTC', pg_column_size(a.*)::bigint, null::regclass
  from app_public.conversation_analytics a
  where a.workspace_id = for_workspace and a.day < (due_before at time zone 'UTC')::date
    and (among is null or a.conversation_id = any (among))
    and not exists (
      select from app_private.narrow_holds(for_workspace, 'conversation_analytics') h
      where h.conversation_id = a.conversation_id or h.user_id = app_private.owner_of_conversation(a.conversation_id)
    )
  order by a.day
  limit max_rows;
$$;
comment on function app_private.due_conversation_analytics(uuid, timestamptz, integer, uuid[]) is
  'Figures of days before a time; at most so many, only of some conversations.';
-- Deliberately not granted: app_private.retention_due calls it.
