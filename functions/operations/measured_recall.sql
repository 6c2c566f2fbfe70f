-- The latest measurements of recall, for checks and dashboards. They name no tenant.
create or replace function app_hidden.measured_recall()
returns setof app_public.recall_figure
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select * from app_private.latest_recall();
$$;
comment on function app_hidden.measured_recall() is 'The latest measurement of recall per version, active or building, and size of workspaces.';
grant execute on function app_hidden.measured_recall() to colloquy_monitor;
