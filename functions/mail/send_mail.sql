-- A notice in its own words, for what has no kind of its own in mail/templates.ts, in the caller's transaction. It is never left
-- out within the pause, only put off; the daily limit of notices holds. A null recipient writes nothing and takes the same way.
create or replace function app_private.send_mail(recipient text, subject text, body text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  turn timestamptz := app_private.mail_turn('notice', send_mail.recipient);
begin
  insert into app_private.mail_outbox (kind, recipient, subject, body, not_before, next_attempt_at)
  select 'notice', send_mail.recipient, send_mail.subject, send_mail.body, turn, turn
  where send_mail.recipient is not null and turn is not null;
  perform app_hidden.enqueue('deliver-mail', '{}');
end
$$;
comment on function app_private.send_mail(text, text, text) is 'Adds a notice to the outbox and wakes the job that delivers it.';
