-- Tokens for a new password or an address that were sent by mail and never used. Never one that still works: an account may
-- wait for both, and one of them may have time left.
create or replace function app_hidden.clear_expired_tokens(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
begin
  perform app_private.require_batch(max_rows);
  update app_private.user_secrets s
  set
    verification_token_hash = case when s.verification_expires_at > clock_timestamp() then s.verification_token_hash end,
    verification_expires_at = case when s.verification_expires_at > clock_timestamp() then s.verification_expires_at end,
    reset_token_hash = case when s.reset_expires_at > clock_timestamp() then s.reset_token_hash end,
    reset_expires_at = case when s.reset_expires_at > clock_timestamp() then s.reset_expires_at end
  where s.user_id in (
    select e.user_id
    from app_private.user_secrets e
    where least(e.verification_expires_at, e.reset_expires_at) <= clock_timestamp()
      and (e.verification_expires_at is not null or e.reset_expires_at is not null)
    order by least(e.verification_expires_at, e.reset_expires_at) limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app_hidden.clear_expired_tokens(integer) is 'Forgets tokens for a new password or an address that have expired, of at most so many accounts. Returns of how many. For the job.';
grant execute on function app_hidden.clear_expired_tokens(integer) to colloquy_worker;
