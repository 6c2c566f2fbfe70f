-- Tokens for a new password or an address that were sent by mail and never used, and challenges of sign-ins and passkeys that were
-- not answered, and logouts that identity providers told of. Never one that still works.
create or replace function app_hidden.clear_expired_tokens(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
  more integer;
begin
  perform app_private.require_batch(max_rows);
  delete from app_private.mail_tokens t
  where t.token_hash in (
    select e.token_hash from app_private.mail_tokens e where e.expires_at <= clock_timestamp()
    order by e.expires_at limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  delete from app_private.sign_in_challenges c
  where c.token_hash in (
    select e.token_hash from app_private.sign_in_challenges e where e.expires_at <= clock_timestamp()
    order by e.expires_at limit max_rows - gone for update skip locked
  );
  get diagnostics more = row_count;
  gone := gone + more;
  delete from app_private.passkey_challenges c
  where c.challenge_hash in (
    select e.challenge_hash from app_private.passkey_challenges e where e.expires_at <= clock_timestamp()
    order by e.expires_at limit max_rows - gone for update skip locked
  );
  get diagnostics more = row_count;
  gone := gone + more;
  delete from app_private.provider_logouts l
  where l.token_hash in (
    select e.token_hash from app_private.provider_logouts e where e.expires_at <= clock_timestamp()
    order by e.expires_at limit max_rows - gone for update skip locked
  );
  get diagnostics more = row_count;
  return gone + more;
end
$$;
comment on function app_hidden.clear_expired_tokens(integer) is 'Removes tokens for a new password or an address, and challenges of sign-ins and passkeys, and logouts at identity providers, that have expired, at most so many. Returns how many. For the job.';
grant execute on function app_hidden.clear_expired_tokens(integer) to colloquy_worker;
