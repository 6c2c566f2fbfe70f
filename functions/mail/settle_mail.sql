-- The job that delivers mail says what became of one that it took (take_mail).
create or replace function app_hidden.settle_mail(mail_id uuid, error text default null)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_private.mail_outbox as m
  set
    sent_at = case when settle_mail.error is null then clock_timestamp() end,
    -- it may hold a token: what was sent is not kept
    body = case when settle_mail.error is not null then m.body end,
    last_error = left(settle_mail.error, 1000)
  where m.id = settle_mail.mail_id and m.sent_at is null;
  return found;
end
$$;
comment on function app_hidden.settle_mail(uuid, text) is 'Says that a mail was sent, which removes its text, or why it was not. False when it was settled before.';
grant execute on function app_hidden.settle_mail(uuid, text) to colloquy_worker;
