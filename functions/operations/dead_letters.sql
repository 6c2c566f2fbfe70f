-- What was given up, for checks and dashboards: counts and ids. Never the reason in words, which may repeat a tenant's text;
-- `npm run queue -- dead` shows it, as the worker.
create or replace function app_hidden.dead_letters()
returns table (kind text, version_name text, workspace_id uuid, given_up bigint, last_code text, last_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select 'passage', v.name, f.workspace_id, count(*), (array_agg(f.code order by f.failed_at desc))[1], max(f.failed_at)
  from app_hidden.embedding_failures f
  join app_public.embedding_versions v on v.id = f.version_id and v.status in ('building', 'active')
  where f.is_dead
  group by v.name, f.workspace_id
  union all
  select 'text', null, f.workspace_id, count(*), (array_agg(f.code order by f.failed_at desc))[1], max(f.failed_at)
  from app_hidden.cutting_failures f
  where f.is_dead
  group by f.workspace_id;
$$;
comment on function app_hidden.dead_letters() is
  'Per workspace: passages that were given up, by embedding version, and texts that could not be cut into passages, with the code of the last failure.';
grant execute on function app_hidden.dead_letters() to colloquy_monitor;
