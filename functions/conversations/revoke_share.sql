-- Takes a link back: it shows nothing from now on. Whoever made it may, also as a viewer by now, and whoever manages the workspace.
create or replace function app_public.revoke_share(share_id uuid)
returns app_public.conversation_shares
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  revoked app_public.conversation_shares;
begin
  perform app_hidden.require_member();
  if not (app_hidden.has_scope('share') or app_hidden.has_scope('admin')) then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "share", or "admin", or sign in.';
  end if;
  update app_public.conversation_shares s
  set revoked_at = coalesce(s.revoked_at, clock_timestamp())
  where s.id = revoke_share.share_id and s.workspace_id = app_hidden.current_workspace_id()
    and (s.created_by = app_hidden.current_user_id() and app_hidden.has_scope('share') or app_hidden.can_manage())
  returning s.* into revoked;
  if revoked.id is null then
    raise exception 'There is no such link.' using errcode = 'CQ204', hint = 'List your links with conversationShares.';
  end if;
  return revoked;
end
$$;
comment on function app_public.revoke_share(uuid) is 'Takes a link back: one of your own, or, for owners and admins, any of the workspace. Errors: CQ101, CQ110 API key with neither "share" nor "admin", CQ204 no such link.';
grant execute on function app_public.revoke_share(uuid) to colloquy_user, colloquy_admin;
