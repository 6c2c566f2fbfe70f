-- The job that delivers mail takes what is due; from a copy that nobody has adopted it gets nothing. Taking a mail puts its next attempt off, so that two workers never hold the same
-- one, and one that dies gives it back after the pause. What comes too late to be of use is given up first.
create or replace function app_hidden.take_mail(max_mails integer default 1, for_environment text default null)
returns table (id uuid, kind text, recipient text, subject text, body text, data jsonb)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if max_mails not between 1 and 1000 then
    raise exception 'max_mails is 1 to 1000, not %.', max_mails using errcode = 'CQ200', hint = 'One is the default.';
  end if;
  if app_private.quarantine_reason(for_environment) is not null then
    return;
  end if;
  update app_private.mail_outbox as m
  set
    failed_at = clock_timestamp(), data = null, body = null,
    last_error = left(concat_ws(': ', 'too late, what it speaks of has expired', m.last_error), 1000)
  where m.id in (
    select o.id
    from app_private.mail_outbox o
    where o.sent_at is null and o.failed_at is null and o.next_attempt_at <= clock_timestamp() and o.valid_until <= clock_timestamp()
    limit 1000 for update skip locked
  );
  return query
  update app_private.mail_outbox as m
  set
    attempts = m.attempts + 1,
    next_attempt_at = clock_timestamp() + make_interval(secs => least(60 * power(2, m.attempts), 3600 * 6))
  from (
    select o.id
    from app_private.mail_outbox o
    where o.sent_at is null and o.failed_at is null and o.next_attempt_at <= clock_timestamp()
      and o.attempts < app_hidden.setting('mail_attempts')::integer
    order by o.next_attempt_at, o.id
    limit max_mails
    for update skip locked
  ) as due
  where m.id = due.id
  returning m.id, m.kind, m.recipient, m.subject, m.body, m.data;
end
$$;
comment on function app_hidden.take_mail(integer, text) is
  'The mails that are due, at most so many, each put off until it may be tried again. None in quarantine, or for another environment than the database was adopted for.';
grant execute on function app_hidden.take_mail(integer, text) to colloquy_worker;
