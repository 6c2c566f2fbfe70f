-- The holds on one conversation, document or person that may keep something of a kind. Retention passes over what they are about and goes on with
-- the rest (due_conversations and its like). Inlined: no settings.
create or replace function app_private.narrow_holds(for_workspace uuid, for_kind app_public.retention_kind)
returns setof app_public.legal_holds
language sql
stable
as $$
  select h.*
  from app_public.legal_holds h
  where h.workspace_id = for_workspace and h.released_at is null and h.scope <> 'workspace' and app_private.is_kind_kept(h.kind, for_kind);
$$;
comment on function app_private.narrow_holds(uuid, app_public.retention_kind) is 'Legal holds in force on one conversation, document or person that may keep something of a kind.';
-- Deliberately not granted: functions that find what is due call it.
