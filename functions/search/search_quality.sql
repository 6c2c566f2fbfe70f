-- What an administrator asks about searches: the latest measurements, and what was counted. It names no tenant.
create or replace function app_public.search_quality(days integer default 7)
returns app_public.search_quality
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.search_quality;
begin
  perform app_private.require_administrator();
  days := coalesce(days, 7);
  if days not between 1 and 400 then
    raise exception 'days is 1 to 400, not %.', days using errcode = 'CQ200', column = 'days', hint = 'Ask for fewer.';
  end if;
  result.objective := app_hidden.setting('search_recall_objective')::real;
  result.recall := array(select f from app_private.latest_recall() as f);
  result.vector_weights := array(select f from app_private.latest_vector_weights() as f);
  result.searches := array(
    select row(
      s.version_id, s.size_class, s.path, sum(s.searches), sum(s.short_returns), sum(s.lost_returns), sum(s.scan_limit_hits)
    )::app_public.search_count
    from app_hidden.search_statistics s
    where s.day > (now() at time zone 'UTC')::date - days
    group by s.version_id, s.size_class, s.path
    order by s.version_id, s.size_class desc, s.path
  );
  return result;
end
$$;
comment on function app_public.search_quality(integer) is
  'The latest measurements of recall per embedding version and size of workspaces, how much the vectors of each version count, and the searches of the last days, counted. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument.';
grant execute on function app_public.search_quality(integer) to colloquy_admin;
