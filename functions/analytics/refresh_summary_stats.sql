-- How the materialized view of the summary is refreshed. It has no policies, so it lives where no request role can come.
create or replace function app_hidden.refresh_summary_stats()
returns table (rows bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.refresh_summary_stats', 0)) then
    return;
  end if;
  -- after a restore without data there is nothing to read beside
  if exists (select from pg_class k where k.oid = 'app_private.conversation_summary_stats'::regclass and k.relispopulated) then
    refresh materialized view concurrently app_private.conversation_summary_stats;
  else
    refresh materialized view app_private.conversation_summary_stats;
  end if;
  return query select count(*) from app_private.conversation_summary_stats;
end
$$;
comment on function app_hidden.refresh_summary_stats() is
  'Refreshes the summary while others read it. Returns its rows, or nothing when another run is at it.';
grant execute on function app_hidden.refresh_summary_stats() to colloquy_worker;
