-- Puts a mail into the outbox, in the caller's transaction: it is delivered exactly when what it speaks about is true. It says what
-- the mail is; the words are in mail/templates.ts. A null turn (mail_turn) or recipient writes nothing and takes the same way: who
-- has an account must not show in the time that this takes.
create or replace function app_private.queue_mail(
  kind text, recipient text, data jsonb, turn timestamptz, valid_until timestamptz default null, sender uuid default null, workspace uuid default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_private.mail_outbox (kind, recipient, data, not_before, next_attempt_at, valid_until, sender_id, workspace_id)
  select
    queue_mail.kind, queue_mail.recipient, jsonb_strip_nulls(queue_mail.data), queue_mail.turn, queue_mail.turn, queue_mail.valid_until,
    queue_mail.sender, queue_mail.workspace
  where queue_mail.recipient is not null and queue_mail.turn is not null;
  perform app_hidden.enqueue('deliver-mail', '{}');
end
$$;
comment on function app_private.queue_mail(text, text, jsonb, timestamptz, timestamptz, uuid, uuid) is
  'Adds a mail of a kind with its data to the outbox and wakes the job that delivers it.';
