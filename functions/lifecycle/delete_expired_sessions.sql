-- Sessions whose token works no more. They were refused from their last second on; this makes room.
create or replace function app_hidden.delete_expired_sessions(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
begin
  perform app_private.require_batch(max_rows);
  delete from app_private.user_sessions s
  where s.id in (
    select e.id from app_private.user_sessions e where e.expires_at <= clock_timestamp()
    order by e.expires_at limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app_hidden.delete_expired_sessions(integer) is 'Removes expired sessions, at most so many. Returns how many. For the job.';
grant execute on function app_hidden.delete_expired_sessions(integer) to colloquy_worker;
