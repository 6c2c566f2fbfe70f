-- The end of what an outside identity may do, by an administrator of the installation, when the provider no longer vouches for
-- somebody: its tokens issued until now are refused, the keys made with one are revoked, and the links and open invitations of the
-- account end.
-- A token that the provider issues afterwards counts again: whether there is one is the provider's decision.
create or replace function app_public.end_identity(user_id uuid)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  ended integer;
begin
  perform app_private.require_administrator(for_writing => true);
  update app_private.user_identities i set not_before = clock_timestamp() where i.user_id = end_identity.user_id;
  get diagnostics ended = row_count;
  if ended = 0 then
    raise exception 'There is no such account of an identity provider.' using errcode = 'CQ204', hint = 'Check the id of the user.';
  end if;
  update app_public.api_keys k
  set is_active = false
  from app_private.api_key_secrets s
  where k.owner_id = end_identity.user_id and k.is_active and s.api_key_id = k.id and s.identity_id is not null;
  perform app_private.end_grants(end_identity.user_id);
  perform app_private.log_event(
    'user.identity_ended', app_hidden.current_user_id(), entity_id => end_identity.user_id, new_values => jsonb_build_object('count', ended)
  );
  return ended;
end
$$;
comment on function app_public.end_identity(uuid) is
  'Ends what somebody may do by tokens of an identity provider that were issued until now, with the API keys made with one, and its links and open invitations. Returns how many identities the account has. Errors: CQ101 not signed in, CQ110 API key without "write", CQ121 not an administrator, CQ204 no such account.';
grant execute on function app_public.end_identity(uuid) to colloquy_user, colloquy_admin;
