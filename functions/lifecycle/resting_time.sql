-- The rest of a conversation comes from retention_policies; a legal hold does not matter here, since nothing is lost.
create or replace function app_private.resting_time(for_kind app_public.retention_kind, for_workspace uuid)
returns interval
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select make_interval(days => p.keep_days)
  from app_public.retention_policies p
  where p.kind = for_kind and (p.workspace_id = for_workspace or p.workspace_id is null)
  order by p.workspace_id nulls last
  limit 1;
$$;
comment on function app_private.resting_time(app_public.retention_kind, uuid) is 'How long conversations of a workspace rest before they go to the next tier; null means that they never do.';
