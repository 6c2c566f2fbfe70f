-- Puts a mail into the outbox, in the caller's transaction: it is delivered exactly when what it speaks about is true.
-- A null recipient writes nothing and takes the same way: who has an account must not show in the time that this takes.
create or replace function app_private.send_mail(recipient text, subject text, body text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_private.mail_outbox (recipient, subject, body)
  select send_mail.recipient, send_mail.subject, send_mail.body
  where send_mail.recipient is not null;
  perform app_hidden.enqueue('deliver-mail', '{}');
end
$$;
comment on function app_private.send_mail(text, text, text) is 'Adds a mail to the outbox and wakes the job that delivers it.';
