-- How fast a workspace is indexed, over the last three minutes: long enough for slow models, short enough to follow what is going on now.
create or replace function app_private.recent_indexing_rates(workspace uuid, out sources_per_minute numeric, out vectors_per_minute numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select round((60 * nullif(sum(r.sources), 0) / elapsed.seconds)::numeric, 1), round((60 * nullif(sum(r.vectors), 0) / elapsed.seconds)::numeric, 1)
  from (
    select x.*, extract(epoch from statement_timestamp() - min(x.began_at) over ()) as age
    from app_hidden.indexing_rates x
    where x.workspace_id = recent_indexing_rates.workspace and x.minute > statement_timestamp() - make_interval(secs => 180)
  ) as r
  cross join lateral (select least(greatest(r.age, 1), 180) as seconds) as elapsed
  group by elapsed.seconds;
$$;
comment on function app_private.recent_indexing_rates(uuid) is 'Sources cut and passages given a vector a minute lately; null when none were.';
-- Deliberately not granted: app_public.indexing_progress calls it.
