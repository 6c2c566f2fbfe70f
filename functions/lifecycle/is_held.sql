-- What deletes in batches asks this behind lock_holds, and passes over what is held: the triggers that keep (keep_held_rows) would refuse
-- it, and end the batch. It is wider than they are where it cannot know: a hold on one document counts, and one on a conversation
-- or a person does unless the caller says which one it means.
create or replace function app_private.is_held(
  for_workspace uuid, for_kind app_public.retention_kind,
  of_conversation uuid default null, of_person uuid default null
)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from app_public.legal_holds h
    where h.workspace_id = for_workspace and h.released_at is null
      and case when for_kind is null then h.kind is null and h.scope = 'workspace' else app_private.is_kind_kept(h.kind, for_kind) end
      and (h.conversation_id is null or of_conversation is null or h.conversation_id = of_conversation)
      and (h.user_id is null or of_person is null or h.user_id = of_person)
  );
$$;
comment on function app_private.is_held(uuid, app_public.retention_kind, uuid, uuid) is
  'Whether a legal hold keeps a kind of thing in a workspace, or something of that kind; with null as the kind, whether one keeps everything. With a conversation or a person: whether one keeps that.';
-- Deliberately not granted: functions that delete call it.
