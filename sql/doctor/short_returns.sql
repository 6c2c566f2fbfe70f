-- Searches that returned fewer results than an exact search would have: counted in the last 7 days, or found by the latest
-- measurement. There is no such case that search allows for.
select
  'short_returns' as name,
  'error' as severity,
  format('embedding version %s, %s workspaces', x.version_name, x.size_class) as subject,
  string_agg(x.detail, ' ' order by x.detail) as detail,
  'See what the index is: select app_private.embedding_index_is_valid(id) from app_public.embedding_versions; rebuild it, and until then search exactly: raise search_exact_limit in app_private.settings.' as remedy,
  'docs/doctor.md#short_returns' as runbook
from (
  select
    l.version_name, l.size_class,
    format('%s of %s searches of the last 7 days returned less than there is, the last ones on %s.', l.lost, l.searches, l.last_day) as detail
  from app_hidden.lost_returns(days => 7) as l
  union all
  select
    f.version_name, f.size_class,
    format('%s of %s measured queries returned less than the exact search.', f.short_returns, f.queries)
  from app_hidden.measured_recall() as f
  where f.short_returns > 0 and f.measured_at > now() - interval '30 days'
) as x
group by x.version_name, x.size_class
order by subject;
