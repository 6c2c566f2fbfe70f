-- An account with its password and its personal workspace. Whether it may be made was asked before (require_registration).
create or replace function app_private.create_account(email text, password_hash text, username text, display_name text, is_email_verified boolean)
returns app_public.users
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account app_public.users;
  violated text;
begin
  begin
    insert into app_public.users (email, username, display_name, is_email_verified)
    values (
      trim(create_account.email), nullif(lower(trim(create_account.username)), ''), nullif(trim(create_account.display_name), ''),
      create_account.is_email_verified
    )
    returning * into account;
  exception
    when unique_violation then
      get stacked diagnostics violated = constraint_name;
      if violated = 'users_username_key' then
        raise exception 'This user name is taken.' using errcode = 'CQ104', hint = 'Choose another user name.';
      end if;
      raise exception 'There is an account with this e-mail address.' using errcode = 'CQ104', hint = 'Sign in instead, or use another address.';
    when check_violation or not_null_violation then
      get stacked diagnostics violated = constraint_name;
      perform app_private.refuse_account(violated);
  end;
  insert into app_private.user_secrets (user_id, password_hash) values (account.id, create_account.password_hash);
  perform app_private.create_personal_workspace(account.id);
  perform app_private.log_event('user.registered', account.id);
  return account;
end
$$;
comment on function app_private.create_account(text, text, text, text, boolean) is 'Makes an account with a personal workspace. Raises CQ104 taken, CQ200 malformed.';
