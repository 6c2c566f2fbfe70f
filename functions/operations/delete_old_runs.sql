-- The history of maintenance is bounded by age, and by rows for tasks that run every minute. Of each task the last run stays.
create or replace function app_hidden.delete_old_runs(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  oldest timestamptz := now() - make_interval(days => app_hidden.setting('maintenance_run_days')::integer);
  most bigint := app_hidden.setting('maintenance_run_rows')::bigint;
  removed integer;
begin
  delete from app_hidden.maintenance_runs r
  where r.id in (
    select n.id
    from (
      select m.id, m.started_at, row_number() over (partition by m.task order by m.started_at desc, m.id desc) as place
      from app_hidden.maintenance_runs m
    ) as n
    where n.place > 1 and (n.started_at < oldest or n.place > most)
    limit max_rows
  );
  get diagnostics removed = row_count;
  return removed;
end
$$;
comment on function app_hidden.delete_old_runs(integer) is 'Removes runs of maintenance that are older, or more of a task, than the settings allow. Returns how many.';
grant execute on function app_hidden.delete_old_runs(integer) to colloquy_worker;
