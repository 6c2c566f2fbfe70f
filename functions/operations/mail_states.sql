-- How the outbox does: counts and times, never a recipient or a word of a mail. From indexes that hold what is not settled, and what was
-- settled of a day.
create or replace function app_hidden.mail_states(
  out can_deliver boolean, out due bigint, out oldest_due_at timestamptz, out sent_today bigint, out given_up_today bigint, out too_late_today bigint
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    app_hidden.setting('mail_delivery') = 'on',
    due.count, due.oldest,
    (select count(*) from app_private.mail_outbox m where m.sent_at > now() - interval '1 day'),
    failed.count, failed.too_late
  from (
    select count(*) as count, min(m.next_attempt_at) as oldest
    from app_private.mail_outbox m
    where m.sent_at is null and m.failed_at is null and m.next_attempt_at <= now()
  ) as due
  cross join (
    select count(*) as count, count(*) filter (where m.last_error like 'too late%') as too_late
    from app_private.mail_outbox m
    where m.failed_at > now() - interval '1 day'
  ) as failed;
$$;
comment on function app_hidden.mail_states() is
  'Whether mail can be delivered, how much of it is due and since when, how many were sent in a day, and how many were given up, of those the ones that came too late.';
grant execute on function app_hidden.mail_states() to colloquy_monitor;
