-- Invitations by mail that are still on their way to what is gone: a workspace, or an invitation that was taken back. They stay on
-- record, since the daily limits count them, without what they say.
create or replace function app_private.give_up_invitation_mail(workspace uuid, recipient text default null)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  update app_private.mail_outbox m
  set failed_at = clock_timestamp(), data = null, body = null, last_error = 'taken back before it was sent'
  where m.workspace_id = workspace and m.kind = 'invitation' and (give_up_invitation_mail.recipient is null or m.recipient = give_up_invitation_mail.recipient)
    and m.sent_at is null and m.failed_at is null;
$$;
comment on function app_private.give_up_invitation_mail(uuid, text) is 'Gives up unsent invitations by mail of a workspace, or those to one address.';
