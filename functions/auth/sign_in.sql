-- Returns null for a wrong e-mail address or password: raising would roll back the count of failures. The API turns null
-- into error CQ102. Takes the same time whether the account exists or not: an unknown one is compared with a hash of
-- nothing at the same cost.
create or replace function app_public.sign_in(email text, password text)
returns app_public.authentication
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account record;
  is_right boolean;
begin
  if email is null or password is null or octet_length(password) > 1000 or char_length(email) > 1000 then
    return null;
  end if;

  select u.id, u.is_active, s.password_hash, s.locked_until
  into account
  from app_public.users u
  join app_private.user_secrets s on s.user_id = u.id
  where u.email = trim(sign_in.email)::citext
  for update of s;

  if account.locked_until > clock_timestamp() then
    raise exception 'Too many failed attempts.' using errcode = 'CQ103',
      hint = format('Try again in %s seconds.', ceil(extract(epoch from account.locked_until - clock_timestamp())));
  end if;

  is_right := crypt(password, coalesce(account.password_hash, gen_salt('bf', app_hidden.setting('password_hash_cost')::integer)))
    = coalesce(account.password_hash, '');

  if account.id is null then
    return null;
  end if;

  if not is_right then
    perform app_private.count_failed_attempt(account.id);
    return null;
  end if;

  if not account.is_active then
    raise exception 'This account is switched off.' using errcode = 'CQ108', hint = 'Ask an administrator.';
  end if;

  update app_private.user_secrets set failed_attempts = 0, locked_until = null where user_id = account.id and (failed_attempts > 0 or locked_until is not null);
  update app_public.users set last_login_at = now() where id = account.id;
  perform app_private.log_event('user.signed_in', account.id);
  return app_private.create_session(account.id);
end
$$;
comment on function app_public.sign_in(text, text) is 'Signs in with e-mail address and password. Errors: CQ102 they do not match (in SQL: null), CQ103 locked for a while, CQ108 switched off.';
grant execute on function app_public.sign_in(text, text) to colloquy_visitor, colloquy_user, colloquy_admin;
