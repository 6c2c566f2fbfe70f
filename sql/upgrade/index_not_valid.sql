-- Indexes that no query uses and every write pays for: an upgrade takes them along.
select
  'index_not_valid' as name,
  'error' as severity,
  h.index_name as subject,
  case when h.is_leftover then 'An interrupted rebuild left it.' else 'It is not valid.' end as detail,
  'npm run ops -- reindex --invalid' as remedy,
  'docs/operations/changes.md#index_not_valid' as runbook
from app_hidden.index_health() as h
where not h.is_valid
order by h.index_name;
