-- Sends a scheduled job now, with what its schedule sends. Where one waits already, that is the one. Only scheduled jobs: the
-- others need to be told of what, and are sent by what happens to the data.
create or replace function app_hidden.run_job(of_queue text)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  payload jsonb;
  job uuid;
begin
  if exists (select from app_hidden.paused_jobs p where p.queue = of_queue) then
    raise exception 'The job "%" is paused.', of_queue
      using errcode = 'CQ638', hint = format('No worker takes it: npm run ops -- jobs resume %s', of_queue);
  end if;
  select coalesce(s.data, '{}') into payload from pgboss.schedule s where s.name = of_queue order by s.key limit 1;
  if payload is null then
    raise exception 'There is no scheduled job "%".', of_queue using errcode = 'CQ637', hint = 'npm run ops -- jobs list names them.';
  end if;
  perform app_hidden.enqueue(of_queue, payload);
  select j.id into job
  from pgboss.job j
  where j.name = of_queue and j.state < 'active'
  order by j.created_on desc
  limit 1;
  perform app_private.log_operation('job.run', jsonb_build_object('queue', of_queue, 'job', job));
  return job;
end
$$;
comment on function app_hidden.run_job(text) is 'Sends a scheduled job. Returns its id, or that of the one that waits already. Errors: CQ637 no such job, CQ638 paused.';
grant execute on function app_hidden.run_job(text) to colloquy_worker;
