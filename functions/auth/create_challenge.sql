-- What a right password gives where a second factor is needed. It lives for five minutes and five codes; a newer one ends no
-- older one, or whoever has the password could keep the owner out.
create or replace function app_private.create_challenge(for_user uuid)
returns app_public.authentication
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  validity constant interval := interval '5 minutes';
  result app_public.authentication;
begin
  -- by the prefix the API tells which of the two is wanted: a code (CQ140), or a second factor at all (CQ141)
  result.challenge := case when app_private.has_second_factor(for_user) then 'cqc_' else 'cqe_' end || encode(gen_random_bytes(32), 'hex');
  insert into app_private.sign_in_challenges (token_hash, user_id, expires_at)
  values (sha256(convert_to(result.challenge, 'UTF8')), for_user, clock_timestamp() + validity)
  returning expires_at into result.expires_at;
  return result;
end
$$;
comment on function app_private.create_challenge(uuid) is 'A challenge for confirm_sign_in, instead of a session.';
