-- Counts finished searches by what they answered (record_searches). It names no tenant.
create or replace function app_private.count_searches(searches jsonb, today date)
returns void
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
begin
  insert into app_hidden.search_statistics as x (
    day, version_id, size_class, path, searches, short_returns, lost_returns, scan_limit_hits
  )
  select
    today, v.id, size.class, s.path, count(*), count(*) filter (where s.returned < s.requested),
    -- on the first page and without a threshold, an index that was not given up has returned enough
    count(*) filter (where s.returned < s.requested and s.path = 'index' and s.is_plain),
    count(*) filter (where s.scan_limit_hit)
  from jsonb_to_recordset(searches) as s (
    workspace_id uuid, version_id uuid, path text, requested integer, returned integer, is_plain boolean, scan_limit_hit boolean
  )
  left join app_public.embedding_versions v on v.id = s.version_id
  cross join lateral (
    select app_private.search_size_class(coalesce(sum(k.chunk_count), 0)::bigint) as class
    from app_hidden.chunk_counts k where k.workspace_id = s.workspace_id
  ) as size
  group by v.id, size.class, s.path
  on conflict on constraint search_statistics_day_version_id_size_class_path_key do update
  set searches = x.searches + excluded.searches, short_returns = x.short_returns + excluded.short_returns,
    lost_returns = x.lost_returns + excluded.lost_returns, scan_limit_hits = x.scan_limit_hits + excluded.scan_limit_hits;
end
$$;
comment on function app_private.count_searches(jsonb, date) is 'Adds the searches of a batch to the statistics of a day.';
