-- Where something is due, at the beginning of a run. Only workspaces that a policy with an end is about are looked at, and of each kind
-- only whether there is a first row.
create or replace function app_hidden.find_retention_work(of_kind app_public.retention_kind default null, of_workspace uuid default null)
returns table (workspace_id uuid, kinds app_public.retention_kind[])
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
-- thousands of workspaces are asked the same: planning for each takes longer than asking
set plan_cache_mode = force_generic_plan
as $$
  select w.id, array_agg(k.kind order by k.place)
  from (
    select s.id from app_public.workspaces s where find_retention_work.of_workspace is null or s.id = find_retention_work.of_workspace
    union all
    -- what belongs to no workspace
    select null where find_retention_work.of_workspace is null
  ) as w
  cross join unnest(app_private.retention_kinds()) with ordinality as k (kind, place)
  cross join lateral app_private.retention_rule(k.kind, w.id) as r
  where (find_retention_work.of_kind is null or k.kind = find_retention_work.of_kind)
    and (w.id is not null or k.kind = 'audit_logs')
    and exists (
      select from app_public.retention_policies p
      where p.kind = k.kind and p.keep_days is not null and (p.workspace_id = w.id or p.workspace_id is null)
    )
    and r.due_before is not null
    and exists (select from app_private.retention_due(k.kind, w.id, r.due_before, max_rows => 1))
  group by w.id
  order by w.id;
$$;
comment on function app_hidden.find_retention_work(app_public.retention_kind, uuid) is
  'Workspaces in which something is due, with its kinds in the order of a run; without a workspace, what belongs to none. For the job.';
grant execute on function app_hidden.find_retention_work(app_public.retention_kind, uuid) to colloquy_worker;
