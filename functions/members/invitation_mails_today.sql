-- What the daily limits of invitations count: mails of an account, or about a workspace. The outbox keeps them for a day at least.
create or replace function app_private.invitation_mails_today(sender uuid, workspace uuid)
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select count(*)
  from app_private.mail_outbox m
  where (m.sender_id = sender or m.workspace_id = workspace) and m.kind = 'invitation' and m.not_before > clock_timestamp() - interval '1 day';
$$;
comment on function app_private.invitation_mails_today(uuid, uuid) is 'Invitations by mail of the last 24 hours, of an account or of a workspace.';
