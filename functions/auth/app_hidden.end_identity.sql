-- The end of the tokens of somebody, for a provider that says somebody has signed out there (back-channel logout): tokens only. The server has verified who
-- says so. Keys and links are the account's, which goes on.
create or replace function app_hidden.end_identity(issuer text, subject text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  account uuid;
begin
  update app_private.user_identities i
  set not_before = clock_timestamp()
  where i.issuer = end_identity.issuer and i.subject = end_identity.subject
  returning i.user_id into account;
  if account is null then
    return false;
  end if;
  perform app_private.log_event('user.signed_out', account, new_values => jsonb_build_object('issuer', issuer));
  return true;
end
$$;
comment on function app_hidden.end_identity(text, text) is 'Refuses the tokens that an identity provider has issued to somebody until now. True when it is known here.';
grant execute on function app_hidden.end_identity(text, text) to colloquy_authenticator;
