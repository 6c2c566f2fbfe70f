-- Ends what gives others access in the name of somebody: links to conversations and open invitations, in one workspace or in all.
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
$$;
comment on function app_private.end_grants(uuid, uuid) is 'Ends the links and the open invitations of a user, in one workspace or in all.';
