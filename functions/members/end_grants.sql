-- Ends what gives others access in the name of somebody: links to conversations, open invitations, and webhooks, until another
-- manager of the workspace takes them over; in one workspace or in all.
-- It trusts its caller, so it must never be granted to anybody.
create or replace function app_private.end_grants(of_user uuid, in_workspace uuid default null)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  update app_public.conversation_shares s
  set revoked_at = clock_timestamp()
  where s.created_by = of_user and s.revoked_at is null and (in_workspace is null or s.workspace_id = in_workspace);
  update app_public.workspace_invitations i
  set expires_at = clock_timestamp()
  where i.invited_by = of_user and i.accepted_at is null and i.expires_at > clock_timestamp()
    and (in_workspace is null or i.workspace_id = in_workspace);
  update app_public.webhooks w
  set is_active = false, disabled_reason = 'Who was responsible for it lost the right to it.', updated_at = clock_timestamp()
  where w.responsible_id = of_user and w.is_active and (in_workspace is null or w.workspace_id = in_workspace);
$$;
comment on function app_private.end_grants(uuid, uuid) is 'Ends the links, the open invitations and the webhooks of a user, in one workspace or in all.';
