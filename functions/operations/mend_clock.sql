-- A clock that went back leaves times that are still to come: pg-boss would begin nothing by its schedules until they have come again,
-- jobs that were put down would wait as long, and since one job waits per subject, none would be put down anew; who had tried too often
-- would be kept out, and mail would wait. That pg-boss looked at its schedules later than now proves it, and the first worker that sees it
-- mends it. Delays that were meant stay.
create or replace function app_private.mend_clock()
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  present timestamptz;
begin
  if to_regclass('pgboss.version') is null then
    return false;
  end if;
  present := pgboss.job_now();
  update pgboss.version v
  set cron_on = present, bam_on = least(v.bam_on, present), flow_on = least(v.flow_on, present), reindex_on = least(v.reindex_on, present),
    monitor_backoff_on = null
  where v.cron_on > present + interval '2 minutes';
  if not found then
    return false;
  end if;
  update pgboss.queue q
  set monitor_claim_on = least(q.monitor_claim_on, present), monitor_on = least(q.monitor_on, present), maintain_on = least(q.maintain_on, present)
  where greatest(q.monitor_claim_on, q.monitor_on, q.maintain_on) > present;
  update pgboss.job j
  set created_on = least(j.created_on, present), started_on = least(j.started_on, present), heartbeat_on = least(j.heartbeat_on, present),
    start_after = case when j.state < 'active' then present + greatest(j.start_after - greatest(j.created_on, j.started_on), interval '0') else j.start_after end,
    -- the minutes that the schedules had used up
    singleton_on = null
  where greatest(j.created_on, j.started_on) > present;
  delete from app_hidden.rate_limits;
  update app_private.sign_in_failures f set failed_at = present where f.failed_at > present;
  delete from app_hidden.provider_pauses p where p.paused_at > present;
  update app_private.mail_outbox m set next_attempt_at = present, not_before = least(m.not_before, present)
  where m.id > app_hidden.uuidv7_floor(present) and m.sent_at is null and m.failed_at is null;
  return true;
end
$$;
comment on function app_private.mend_clock() is
  'Whether the clock had gone back: then what the queue knows of the time to come is brought back to now, and nobody waits for what was in that time.';
-- Deliberately not granted: worker_orders calls it.
