-- The mail of an invitation, when one may go out: not again within the pause, and so many a day to one mailbox, from one account
-- and from one workspace. Names are text that a stranger reads in a mail of ours, so they are those of somebody whose address is
-- verified, or none; mail/templates.ts looks at them once more. Without a mail the token before this one stays as it is.
create or replace function app_private.mail_invitation(invitation app_public.workspace_invitations, inviter app_public.workspace_members)
returns app_public.workspace_invitations
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  token text := 'cqi_' || encode(gen_random_bytes(32), 'hex');
  days integer := app_hidden.setting('invitation_days')::integer;
  turn timestamptz := app_private.mail_turn('invitation', invitation.email::text, invitation.workspace_id);
  data jsonb;
begin
  if turn is null then
    return invitation;
  end if;
  if app_private.invitation_mails_today(inviter.user_id, null) >= app_hidden.setting('invitation_mails_per_inviter')::integer then
    raise exception 'You have sent too many invitations within a day.' using errcode = 'CQ150', hint = 'Go on tomorrow.';
  end if;
  if app_private.invitation_mails_today(null, invitation.workspace_id) >= app_hidden.setting('invitation_mails_per_workspace')::integer then
    raise exception 'This workspace has sent too many invitations within a day.' using errcode = 'CQ151', hint = 'Go on tomorrow.';
  end if;

  insert into app_private.workspace_invitation_secrets as s (invitation_id, token_hash)
  values (invitation.id, sha256(convert_to(token, 'UTF8')))
  on conflict (invitation_id) do update set token_hash = excluded.token_hash;
  select
    jsonb_build_object(
      'token', token, 'role', invitation.role, 'days', days,
      'workspace', case when u.is_email_verified then w.name end, 'inviter', case when u.is_email_verified then coalesce(u.display_name, u.username) end
    )
  into data
  from app_public.workspaces w, app_public.users u
  where w.id = invitation.workspace_id and u.id = inviter.user_id;
  perform app_private.queue_mail(
    'invitation', invitation.email::text, data, turn, invitation.expires_at, sender => inviter.user_id, workspace => invitation.workspace_id
  );
  update app_public.workspace_invitations i set mailed_at = clock_timestamp() where i.id = invitation.id returning i.* into invitation;
  return invitation;
end
$$;
comment on function app_private.mail_invitation(app_public.workspace_invitations, app_public.workspace_members) is
  'Mails an invitation with a new token, if a mail may go out. Raises CQ150, CQ151.';
