-- Returns null for a wrong e-mail address or password: raising would roll back the count of failures. The API turns null
-- into error CQ102. The same statements run whether the account exists or not: an unknown one is compared with a hash of
-- nothing at the same cost, is counted, and is locked (CQ103) as another is. It must never lock out who signed in from here
-- before because strangers guess. Where a second factor is needed a right password gives a challenge for confirm_sign_in, and no
-- session; nothing before the right password says so. Who leaves (delete_my_account) comes back by signing in whole.
create or replace function app_public.sign_in(email text, password text)
returns app_public.authentication
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account app_public.users;
  current_hash text;
  -- made in any case: an account that does not exist has the hash of nothing
  salt text := gen_salt('bf', app_hidden.setting('password_hash_cost')::integer);
  counters text[];
  is_right boolean;
begin
  if email is null or password is null or octet_length(password) > 1000 or char_length(email) > 1000 then
    return null;
  end if;

  select u.* into account from app_public.users u where u.email = trim(sign_in.email)::citext;
  -- the id that nobody has is looked for all the same
  select s.password_hash into current_hash
  from app_private.user_secrets s
  where s.user_id = coalesce(account.id, '00000000-0000-0000-0000-000000000000');

  counters := app_private.sign_in_counters(account.id, sign_in.email);
  perform app_private.require_attempt(counters);

  is_right := crypt(password, coalesce(current_hash, salt)) = coalesce(current_hash, '');
  if is_right then
    -- a password that was replaced while this one was compared is wrong
    perform from app_private.user_secrets s where s.user_id = account.id and s.password_hash = current_hash for update;
    is_right := found;
  end if;
  if not is_right then
    perform app_private.count_failed_attempt(account.id, counters);
    return null;
  end if;

  perform app_private.require_admission(account);
  delete from app_private.sign_in_failures f where f.counter = counters[1];
  if app_private.has_second_factor(account.id) or app_private.must_have_second_factor(account.id) then
    return app_private.create_challenge(account.id);
  end if;
  return app_private.finish_sign_in(account);
end
$$;
comment on function app_public.sign_in(text, text) is
  'Signs in with e-mail address and password. Errors: CQ102 they do not match (in SQL: null), CQ103 too many failures, wait, CQ108 switched off, CQ134 the address is not proved yet, CQ140 a code is needed and CQ141 a second factor, with a challenge for confirmSignIn (in SQL: instead of a token).';
grant execute on function app_public.sign_in(text, text) to colloquy_visitor, colloquy_user, colloquy_admin;
