-- Makes an account with its personal workspace and signs in. Security definer: a visitor may write none of these tables.
-- That an address is taken is told: the person must learn it, and the answer is the same at every sign-up form.
create or replace function app_public.register(email text, password text, username text default null, display_name text default null)
returns app_public.authentication
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  new_user_id uuid;
  violated text;
begin
  begin
    insert into app_public.users (email, username, display_name, last_login_at)
    values (trim(register.email), nullif(lower(trim(register.username)), ''), nullif(trim(register.display_name), ''), now())
    returning id into new_user_id;
  exception
    when unique_violation then
      get stacked diagnostics violated = constraint_name;
      if violated = 'users_username_key' then
        raise exception 'This user name is taken.' using errcode = 'CQ104', hint = 'Choose another user name.';
      end if;
      raise exception 'There is an account with this e-mail address.' using errcode = 'CQ104', hint = 'Sign in instead, or use another address.';
    when check_violation or not_null_violation then
      get stacked diagnostics violated = constraint_name;
      raise exception 'The % is not acceptable.', case
        when violated = 'users_username_format' then 'user name'
        when violated = 'users_display_name_length' then 'display name'
        else 'e-mail address'
      end using errcode = 'CQ200', hint = 'An address looks like name@example.org; a user name has 2 to 39 letters, digits, "-" or "_"; a display name at most 255 characters.';
  end;

  insert into app_private.user_secrets (user_id, password_hash)
  values (new_user_id, app_private.hash_password(register.password));

  perform app_private.create_personal_workspace(new_user_id);
  perform app_private.log_event('user.registered', new_user_id);
  return app_private.create_session(new_user_id);
end
$$;
comment on function app_public.register(text, text, text, text) is 'Makes an account with a personal workspace and signs in. Errors: CQ104 taken, CQ105 password too short or too long, CQ200 malformed.';
grant execute on function app_public.register(text, text, text, text) to colloquy_visitor, colloquy_user, colloquy_admin;
