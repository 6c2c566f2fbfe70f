-- What retention should have deleted long ago: of each kind the oldest, where a policy with an end is about it and nothing holds
-- it. Only whether a first row is there is looked at.
create or replace function app_hidden.retention_overdue()
returns table (kind text, keep_days integer, oldest_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
-- thousands of workspaces are asked the same: planning for each takes longer than asking
set plan_cache_mode = force_generic_plan
as $$
  select distinct on (k.kind) k.kind::text, r.keep_days, d.at
  from (select s.id from app_public.workspaces s union all select null) as w
  cross join unnest(app_private.retention_kinds()) as k (kind)
  cross join lateral app_private.retention_rule(k.kind, w.id) as r
  cross join lateral app_private.retention_due(
    k.kind, w.id,
    -- a run that did not end goes on the next night; one that never comes is what counts
    greatest(r.due_before - interval '3 days', timestamptz '1970-01-01 00:00:00+00'), max_rows => 1
  ) as d
  where (w.id is not null or k.kind = 'audit_logs') and r.due_before is not null
    and exists (
      select from app_public.retention_policies p
      where p.kind = k.kind and p.keep_days is not null and (p.workspace_id = w.id or p.workspace_id is null)
    )
  order by k.kind, d.at;
$$;
comment on function app_hidden.retention_overdue() is
  'Kinds of things that retention should have deleted more than three days ago: how long they are kept, and how old one of them is.';
grant execute on function app_hidden.retention_overdue() to colloquy_monitor;
