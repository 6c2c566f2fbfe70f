-- Whether nothing of a kind may go in a workspace: a hold on the workspace, and of the kinds of which nobody can tell what a narrower hold
-- is about, any hold. Those are the audit log, and events, which take along what was learned from them.
create or replace function app_private.is_kind_held(for_workspace uuid, for_kind app_public.retention_kind)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from app_public.legal_holds h
    where h.workspace_id = for_workspace and h.released_at is null and app_private.is_kind_kept(h.kind, for_kind)
      and (h.scope = 'workspace' or for_kind = 'audit_logs' or for_kind in ('raw_events', 'imported_events') and h.scope <> 'document')
  );
$$;
comment on function app_private.is_kind_held(uuid, app_public.retention_kind) is 'Whether legal holds let nothing of a kind go in a workspace.';
-- Deliberately not granted: effective_retention calls it.
