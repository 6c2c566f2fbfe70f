-- Ends a workspace for good, with everything in it, in one transaction. Only an owner may, in a session, and by saying its
-- name; never a personal one, which goes with its account; never under a legal hold of any kind. What stays: the entries of
-- the audit log, as proof of what was there and who ended it. Bytes of files in a storage are not the database's to delete.
-- Who writes in it at the same moment is either done before, and goes with it, or is told that there is no such thing (CQ204).
create or replace function app_public.delete_workspace(name text)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  hold app_public.legal_holds;
  caller app_public.workspace_members;
  result app_public.workspaces;
begin
  perform app_hidden.require_session();
  perform app_private.require_recent_proof();
  perform app_private.lock_holds(app_hidden.current_workspace_id());
  caller := app_private.lock_workspace();
  perform app_private.require_rank(caller, 'owner');
  -- said before anything is touched; the trigger of legal_holds would refuse it in the end
  select h.* into hold from app_public.legal_holds h where h.workspace_id = caller.workspace_id and h.released_at is null order by h.id limit 1;
  if hold.id is not null then
    perform app_private.refuse_held(hold);
  end if;
  select w.* into result from app_public.workspaces w where w.id = caller.workspace_id and w.name = delete_workspace.name for update;
  if result.id is null then
    raise exception 'This is not the name of the workspace.' using errcode = 'CQ200', column = 'name', hint = 'Pass the name exactly as it is, to confirm.';
  end if;

  -- the large tables first, in one statement each: the cascade would go row by row
  delete from app_public.embeddings e where e.workspace_id = result.id;
  delete from app_public.chunks c where c.workspace_id = result.id;
  delete from app_public.messages m using app_public.conversations c
  where c.workspace_id = result.id and m.conversation_id = c.id and m.id >= c.id and m.id <= c.last_message_id;
  delete from app_public.conversations c where c.workspace_id = result.id;
  delete from app_public.workspaces w where w.id = result.id;
  perform app_private.give_up_invitation_mail(result.id);
  -- one that its author can read: those of the workspace have no reader any more
  perform app_private.log_event(
    'user.workspace_deleted', caller.user_id, entity_type => 'workspace', entity_id => result.id,
    old_values => jsonb_build_object('name', result.name, 'slug', result.slug)
  );
  return result;
end
$$;
comment on function app_public.delete_workspace(text) is
  'Deletes the workspace of the request with everything in it, for good; its name confirms. The audit log stays. Errors: CQ101 not signed in, CQ107 not a member, CQ110 not with an API key, CQ113 personal, CQ114 not an owner, CQ120 under a legal hold, CQ142 prove who you are first, CQ200 another name.';
grant execute on function app_public.delete_workspace(text) to colloquy_user, colloquy_admin;
