-- Ends the pause of a job: its schedules are as they were, and workers take what waits.
create or replace function app_hidden.resume_job(of_queue text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  held jsonb;
begin
  if not exists (select from pgboss.queue q where q.name = of_queue) then
    raise exception 'There is no job "%".', of_queue using errcode = 'CQ637', hint = 'npm run ops -- jobs list --all names them all.';
  end if;
  delete from app_hidden.paused_jobs p where p.queue = of_queue returning p.schedules into held;
  if held is null then
    return false;
  end if;
  insert into pgboss.schedule
  select s.* from jsonb_populate_recordset(null::pgboss.schedule, held) as s
  on conflict do nothing;
  perform app_private.log_operation('job.resumed', jsonb_build_object('queue', of_queue));
  return true;
end
$$;
comment on function app_hidden.resume_job(text) is 'Ends the pause of a job. False when it was not paused. Error: CQ637 no such job.';
grant execute on function app_hidden.resume_job(text) to colloquy_worker;
