-- An account that waits to be erased: nothing acts for it, and nothing of it is gone. Sessions, keys, links and open invitations end, as
-- after a new password; the password, identities and second factors stay, since they are the way back.
create or replace function app_private.begin_grace(erasure app_hidden.pending_erasures)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_private.user_sessions s where s.user_id = erasure.user_id;
  delete from app_private.sign_in_challenges c where c.user_id = erasure.user_id;
  delete from app_private.mail_tokens t where t.user_id = erasure.user_id;
  update app_public.api_keys k set is_active = false where k.owner_id = erasure.user_id and k.is_active;
  perform app_private.end_grants(erasure.user_id);
  update app_public.users u set is_active = false where u.id = erasure.user_id;
  perform app_private.log_event('account.leaving', erasure.user_id, new_values => jsonb_build_object('erase_after', erasure.erase_after));
  perform app_private.send_notice(
    erasure.user_id, 'account_leaving', to_char(erasure.erase_after at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
  );
end
$$;
comment on function app_private.begin_grace(app_hidden.pending_erasures) is 'Switches an account off that is to be erased, until the person comes back or the time is over.';
-- Deliberately not granted: begin_erasure calls it.
