-- Has no worker take jobs of a queue, and its schedule send none, until resume_job(). A job that runs goes on to its end. The
-- pause is in the database, so that it holds for every worker and over restarts and upgrades.
create or replace function app_hidden.pause_job(of_queue text, reason text default null)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  is_new boolean;
begin
  if not exists (select from pgboss.queue q where q.name = of_queue) then
    raise exception 'There is no job "%".', of_queue using errcode = 'CQ637', hint = 'npm run ops -- jobs list --all names them all.';
  end if;
  insert into app_hidden.paused_jobs (queue, paused_by, reason) values (of_queue, session_user, left(pause_job.reason, 1000))
  on conflict on constraint paused_jobs_pkey do nothing;
  is_new := found;
  perform app_hidden.hold_schedules();
  if is_new then
    perform app_private.log_operation('job.paused', jsonb_strip_nulls(jsonb_build_object('queue', of_queue, 'reason', pause_job.reason)));
  end if;
  return is_new;
end
$$;
comment on function app_hidden.pause_job(text, text) is 'Pauses a job. False when it was paused before. Error: CQ637 no such job.';
grant execute on function app_hidden.pause_job(text, text) to colloquy_worker;
