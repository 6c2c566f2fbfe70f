-- The other half of sign_in for an account with a second factor: the challenge proves the password, the code or a passkey the rest. Also the
-- first code of a second factor that was added with the challenge. Returns null for a wrong code: raising would roll back the count
-- of failures, which go by the account and the place as those of passwords do, in counters that a right password does not clear.
create or replace function app_public.confirm_sign_in(challenge text, code text default null, passkey jsonb default null)
returns app_public.authentication
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  most constant integer := 5;
  hash bytea := sha256(convert_to(left(challenge, 100), 'UTF8'));
  pending app_private.sign_in_challenges;
  counters text[];
  used app_private.passkeys;
  account app_public.users;
  is_first boolean;
  is_right boolean;
begin
  select c.* into pending from app_private.sign_in_challenges c where c.token_hash = hash;
  if pending.user_id is not null then
    counters := app_private.sign_in_counters(pending.user_id, 'second factor of ' || pending.user_id);
    perform app_private.require_attempt(counters);
    update app_private.sign_in_challenges c set attempts = c.attempts + 1
    where c.token_hash = hash and c.attempts < most and c.expires_at > clock_timestamp()
    returning c.* into pending;
  end if;
  if pending.user_id is null then
    raise exception 'This challenge is unknown, used or expired.' using errcode = 'CQ144', hint = 'Call signIn again.';
  end if;
  is_first := not app_private.has_second_factor(pending.user_id);
  if passkey is null then
    is_right := app_private.use_code(pending.user_id, confirm_sign_in.code, is_new => is_first);
  else
    used := app_private.use_passkey(passkey);
    is_right := used.user_id = pending.user_id;
  end if;
  if not is_right then
    perform app_private.count_failed_attempt(pending.user_id, counters);
    if pending.attempts = most then
      perform app_private.send_notice(pending.user_id, 'codes_wrong');
    end if;
    return null;
  end if;
  if is_first then
    perform app_private.activate_second_factor(pending.user_id);
  end if;
  -- who has a new password as well vouches for the passkey
  update app_private.passkeys p set needs_password = false where p.id = used.id and p.needs_password;
  delete from app_private.sign_in_challenges c where c.token_hash = hash;
  delete from app_private.sign_in_failures f where f.counter = counters[1];
  select u.* into account from app_public.users u where u.id = pending.user_id;
  return app_private.finish_sign_in(account);
end
$$;
comment on function app_public.confirm_sign_in(text, text, jsonb) is
  'Signs in with the challenge of signIn and a code of the authenticator app, or a recovery code, or a passkey. Errors: CQ103 too many failures, wait, CQ108 switched off, CQ143 wrong code, or a passkey of another account (in SQL: null), CQ144 a challenge is unknown, used or expired, CQ148 passkey not accepted, CQ149 no passkeys here (in GraphQL).';
grant execute on function app_public.confirm_sign_in(text, text, jsonb) to colloquy_visitor, colloquy_user, colloquy_admin;
