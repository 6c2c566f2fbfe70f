-- The passages of a workspace are as many as the counter that searches plan by.
with counted as (
  select c.workspace_id, sum(c.chunk_count) as chunks from app_hidden.chunk_counts c group by c.workspace_id
),
found as (
  select c.workspace_id, count(*) as chunks from app_public.chunks c group by c.workspace_id
)
select
  'chunk_counts' as name,
  'error' as severity,
  format('workspace %s', workspace_id) as subject,
  format('%s passages are counted, and there are %s.', coalesce(c.chunks, 0), coalesce(f.chunks, 0)) as detail,
  'Restore to another moment, or have the sources of the workspace indexed again.' as remedy,
  'docs/operations/restore.md#chunk_counts' as runbook
from counted c
full join found f using (workspace_id)
where coalesce(c.chunks, 0) <> coalesce(f.chunks, 0)
order by subject
limit 100;
