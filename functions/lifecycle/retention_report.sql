-- What the next run of retention will delete in the whole installation, for its operator: where something is due; of one workspace
-- each kind, also when nothing is.
create or replace function app_hidden.retention_report(of_kind app_public.retention_kind default null, of_workspace uuid default null)
returns table (
  workspace_id uuid, kind app_public.retention_kind, keep_days integer, decided_by text, due_before timestamptz, row_count bigint, bytes bigint,
  oldest_at timestamptz, partitions integer
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select x.workspace_id, p.*
  from (
    select f.workspace_id, unnest(f.kinds) as kind from app_hidden.find_retention_work(retention_report.of_kind) as f
    where retention_report.of_workspace is null
    union all
    select w.id, k.kind
    from app_public.workspaces w
    cross join unnest(app_private.retention_kinds()) as k (kind)
    where w.id = retention_report.of_workspace and (retention_report.of_kind is null or k.kind = retention_report.of_kind)
  ) as x
  cross join lateral app_private.retention_preview(x.kind, x.workspace_id) as p
  order by x.workspace_id, array_position(app_private.retention_kinds(), x.kind);
$$;
comment on function app_hidden.retention_report(app_public.retention_kind, uuid) is
  'What retention would delete now, by workspace and kind; where something is due, or all kinds of one workspace. For the command.';
grant execute on function app_hidden.retention_report(app_public.retention_kind, uuid) to colloquy_worker;
