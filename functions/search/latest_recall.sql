-- The latest measurements of recall, for an administrator. It names no tenant.
create or replace function app_private.latest_recall()
returns setof app_public.recall_figure
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    v.id, v.name, m.size_class, m.source, uuid_extract_timestamp(m.id), m.recall, m.recall >= app_hidden.setting('search_recall_objective')::real,
    m.queries, m.index_queries, m.filtered_queries, m.filtered_recall, m.short_returns, m.scan_limit_hits, m.exact_p50_ms, m.exact_p95_ms, m.index_p50_ms, m.index_p95_ms,
    m.ef_search, app_private.search_ef_search(v), m.suggested_ef_search, m.suggested_recall, m.suggested_exact_limit
  from app_public.embedding_versions v
  cross join lateral (
    select distinct on (r.size_class) r.* from app_hidden.recall_measurements r where r.version_id = v.id order by r.size_class, r.id desc
  ) as m
  where v.status in ('active', 'building')
  order by v.status = 'active' desc, v.id, m.size_class desc;
$$;
comment on function app_private.latest_recall() is 'The latest measurement per version, active or building, and size of workspaces.';
