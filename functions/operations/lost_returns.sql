-- Searches of the last days that returned less than an exact search would have, for checks and dashboards. Counts, of no tenant.
create or replace function app_hidden.lost_returns(days integer default 7)
returns table (version_name text, size_class app_public.search_size_class, searches bigint, lost bigint, last_day date)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.name, s.size_class, sum(s.searches)::bigint, sum(s.lost_returns)::bigint, max(s.day) filter (where s.lost_returns > 0)
  from app_hidden.search_statistics s
  join app_public.embedding_versions v on v.id = s.version_id and v.status in ('active', 'building')
  where s.day > (now() at time zone 'UTC')::date - days
  group by v.name, s.size_class
  having sum(s.lost_returns) > 0;
$$;
comment on function app_hidden.lost_returns(integer) is
  'Per embedding version and size of workspaces: searches of the last days, and how many of them returned less than there is.';
grant execute on function app_hidden.lost_returns(integer) to colloquy_monitor;
