-- Whatever deletes asks this, behind lock_holds: so a hold that was placed is seen.
create or replace function app_private.is_held(for_workspace uuid, for_kind app_public.retention_kind)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from app_public.legal_holds h
    where h.workspace_id = for_workspace and h.released_at is null and (h.kind is null or h.kind = for_kind)
  );
$$;
comment on function app_private.is_held(uuid, app_public.retention_kind) is 'Whether a legal hold keeps a kind of thing in a workspace; with null, whether one keeps everything.';
