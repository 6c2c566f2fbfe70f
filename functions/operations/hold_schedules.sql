-- Puts the schedules of paused jobs away, where pg-boss does not see them. migrate calls it after it has installed all schedules, so
-- that an upgrade sets nothing going that was paused, and a schedule that it changed comes back as the new one.
create or replace function app_hidden.hold_schedules()
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  held integer;
begin
  with taken as (
    delete from pgboss.schedule s using app_hidden.paused_jobs p where s.name = p.queue returning s.*
  ),
  rows as (
    select t.name, jsonb_agg(to_jsonb(t)) as schedules from taken t group by t.name
  )
  update app_hidden.paused_jobs p set schedules = r.schedules from rows r where p.queue = r.name;
  get diagnostics held = row_count;
  return held;
end
$$;
comment on function app_hidden.hold_schedules() is 'Takes the schedules of paused jobs away from pg-boss. Returns of how many jobs. For the owner and pause_job().';
-- Deliberately not granted: the owner's login calls it.
