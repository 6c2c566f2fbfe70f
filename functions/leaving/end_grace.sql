-- The time of grace is over: the erasure begins, if it still may. What keeps it is asked for again by every run, and the account stays off.
create or replace function app_private.end_grace(erasure app_hidden.pending_erasures)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.begin_erasure(erasure.user_id, erasure.reason);
  return null;
exception
  when sqlstate 'CQ160' or sqlstate 'CQ204' or sqlstate 'CQ761' or sqlstate 'CQ762' or sqlstate 'CQ793' then
    return left(sqlerrm, 4000);
end
$$;
comment on function app_private.end_grace(app_hidden.pending_erasures) is 'Begins an erasure that waited; returns what keeps it from being begun, or null.';
-- Deliberately not granted: erase_some calls it, and has locked the row.
