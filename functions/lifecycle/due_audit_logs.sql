-- Entries of the audit log whose time has come, from an id on. Without a workspace: those of the installation and of accounts, and what
-- workspaces left that are gone. Inlined: no settings.
create or replace function app_private.due_audit_logs(
  for_workspace uuid, due_before timestamptz, after_id uuid, max_rows integer, among uuid[]
)
returns table (id uuid, at timestamptz, bytes bigint, partition regclass)
language sql
stable
as $$
  select l.id, uuid_extract_timestamp(l.id), pg_column_size(l.*)::bigint, l.tableoid::regclass
  from app_public.audit_logs l
  where l.id < app_hidden.uuidv7_floor(due_before)
    and (after_id is null or l.id > after_id) and (among is null or l.id = any (among))
    and (
      l.workspace_id = for_workspace
      or for_workspace is null and (l.workspace_id is null or not exists (select from app_public.workspaces w where w.id = l.workspace_id))
    )
  order by l.id
  limit max_rows;
$$;
comment on function app_private.due_audit_logs(uuid, timestamptz, uuid, integer, uuid[]) is
  'Entries of the audit log of a workspace, or of none, from before a time; after an id, at most so many, only among some.';
-- Deliberately not granted: app_private.retention_due calls it.
