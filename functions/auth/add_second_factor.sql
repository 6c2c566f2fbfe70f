-- A secret for an authenticator app, shown this once. It counts for nothing until a first code proves that an app has it; asking
-- again makes another. In a session; or with the challenge of a sign-in where the installation wants a second factor and
-- the account has none, since no session works there.
create or replace function app_public.add_second_factor(challenge text default null)
returns app_public.second_factor_secret
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  key bytea := gen_random_bytes(20);
  account text;
  result app_public.second_factor_secret;
begin
  if challenge is null then
    perform app_hidden.require_session();
    perform app_private.require_recent_proof();
  else
    select c.user_id into me
    from app_private.sign_in_challenges c
    where c.token_hash = sha256(convert_to(left(add_second_factor.challenge, 100), 'UTF8')) and c.expires_at > clock_timestamp()
    for update;
    if me is null then
      raise exception 'This challenge is unknown, used or expired.' using errcode = 'CQ144', hint = 'Call signIn again.';
    end if;
  end if;
  -- who has a password only must not put an app beside the passkeys of the account
  insert into app_private.second_factors as f (user_id, secret)
  select me, key where challenge is null or not app_private.has_second_factor(me)
  on conflict (user_id) do update set secret = excluded.secret, last_step = null where f.confirmed_at is null;
  if not found then
    raise exception 'The account has a second factor.' using errcode = 'CQ145', hint = 'Call removeSecondFactor with a code first.';
  end if;
  result.secret := app_private.base32(key);
  -- what is no letter, digit or harmless sign is written as bytes, as a URI wants it
  select string_agg(case when c ~ '^[A-Za-z0-9._~-]$' then c else regexp_replace(encode(convert_to(c, 'UTF8'), 'hex'), '(..)', '%\1', 'g') end, '' order by n)
  into account
  from app_public.users u
  cross join regexp_split_to_table(u.email::text, '') with ordinality as s (c, n)
  where u.id = me;
  result.uri := format('otpauth://totp/Colloquy:%s?secret=%s&issuer=Colloquy&algorithm=SHA1&digits=6&period=30', account, result.secret);
  return result;
end
$$;
comment on function app_public.add_second_factor(text) is
  'Makes a secret for an authenticator app, shown this once; confirmSecondFactor makes it count. Errors: CQ101 not signed in, CQ110 not with an API key, CQ142 prove who you are first, CQ144 challenge unknown, used or expired, CQ145 there is one.';
grant execute on function app_public.add_second_factor(text) to colloquy_visitor, colloquy_user, colloquy_admin;
