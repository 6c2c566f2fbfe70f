-- What is on record about mail that was sent or given up long ago. Never what may still be delivered, and nothing within a day:
-- the daily limits count it.
create or replace function app_hidden.delete_sent_mail(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
  kept_since timestamptz := clock_timestamp() - make_interval(days => greatest(1, app_hidden.setting('mail_keep_days')::integer));
begin
  perform app_private.require_batch(max_rows);
  delete from app_private.mail_outbox m
  where m.id in (
    select e.id
    from app_private.mail_outbox e
    where e.sent_at <= kept_since or e.failed_at <= kept_since or e.sent_at is null and e.valid_until <= kept_since
      -- given up before that was written down
      or e.sent_at is null and e.failed_at is null and e.attempts >= app_hidden.setting('mail_attempts')::integer and e.next_attempt_at <= kept_since
    limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app_hidden.delete_sent_mail(integer) is 'Removes mail that was sent or given up long ago (mail_keep_days), at most so many. Returns how many. For the job.';
grant execute on function app_hidden.delete_sent_mail(integer) to colloquy_worker;
