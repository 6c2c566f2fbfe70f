-- The job that delivers mail says what became of one that it took (take_mail). One that was refused for good, or tried as often as
-- mail_attempts says, is given up with its reason. What it says is kept in neither case: it may hold a token.
create or replace function app_hidden.settle_mail(mail_id uuid, error text default null, is_final boolean default false)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  most integer := app_hidden.setting('mail_attempts')::integer;
begin
  update app_private.mail_outbox as m
  set
    sent_at = case when settle_mail.error is null then clock_timestamp() end,
    failed_at = case when settle_mail.error is not null and (is_final or m.attempts >= most) then clock_timestamp() end,
    body = case when settle_mail.error is not null and not is_final and m.attempts < most then m.body end,
    data = case when settle_mail.error is not null and not is_final and m.attempts < most then m.data end,
    last_error = left(settle_mail.error, 1000)
  where m.id = settle_mail.mail_id and m.sent_at is null and m.failed_at is null;
  return found;
end
$$;
comment on function app_hidden.settle_mail(uuid, text, boolean) is
  'Says that a mail was sent, or why it was not and whether that is final; its content goes with the end. False when it was settled before.';
grant execute on function app_hidden.settle_mail(uuid, text, boolean) to colloquy_worker;
