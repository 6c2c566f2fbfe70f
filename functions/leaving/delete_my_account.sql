-- A person leaves. Only in a session that proved of late who it is, and by saying its address: when the time
-- of grace is over (account_grace_days), there is no way back.
create or replace function app_public.delete_my_account(email text)
returns app_public.account_erasure
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  erasure app_hidden.pending_erasures;
begin
  perform app_hidden.require_session();
  perform app_private.require_recent_proof();
  if not exists (select from app_public.users u where u.id = app_hidden.current_user_id() and u.email = trim(delete_my_account.email)::citext) then
    raise exception 'This is not the address of your account.' using errcode = 'CQ200', column = 'email', hint = 'Pass the address exactly as it is, to confirm.';
  end if;
  erasure := app_private.begin_erasure(
    app_hidden.current_user_id(), 'own wish', grace => make_interval(days => app_hidden.setting('account_grace_days')::integer)
  );
  return app_private.account_erasure_of(erasure.id);
end
$$;
comment on function app_public.delete_my_account(text) is
  'Erases the caller''s account and everything that is the caller''s, for good. The account is off at once: sessions, keys, links and open invitations end. Until eraseAfter, signing in takes it back; then, or at once where that is null, everything goes, within two hours. Keep what it returns: it is how the certificate is found. Errors: CQ101 not signed in, CQ110 not with an API key, CQ142 prove who you are first, CQ160 the last administrator, CQ200 another address, CQ761 the only owner of workspaces, CQ762 a legal hold, CQ793 a workspace moves to another installation.';
grant execute on function app_public.delete_my_account(text) to colloquy_user, colloquy_admin;
