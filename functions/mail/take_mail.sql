-- The job that delivers mail takes what is due. Taking a mail puts its next attempt off, so that two workers never hold the same
-- one, and one that dies gives it back after the pause.
create or replace function app_hidden.take_mail(max_mails integer default 20)
returns table (id uuid, recipient text, subject text, body text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if max_mails not between 1 and 1000 then
    raise exception 'max_mails is 1 to 1000, not %.', max_mails using errcode = 'CQ200', hint = 'Twenty are the default.';
  end if;
  return query
  update app_private.mail_outbox as m
  set
    attempts = m.attempts + 1,
    next_attempt_at = clock_timestamp() + make_interval(secs => 60 * power(2, m.attempts))
  from (
    select o.id
    from app_private.mail_outbox o
    where o.sent_at is null and o.next_attempt_at <= clock_timestamp() and o.attempts < app_hidden.setting('mail_attempts')::integer
    order by o.next_attempt_at, o.id
    limit max_mails
    for update skip locked
  ) as due
  where m.id = due.id
  returning m.id, m.recipient, m.subject, m.body;
end
$$;
comment on function app_hidden.take_mail(integer) is 'The mails that are due, at most so many, each put off until it may be tried again.';
grant execute on function app_hidden.take_mail(integer) to colloquy_worker;
