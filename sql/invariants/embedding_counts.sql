-- The vectors of each version and workspace are as many as their counter, each belongs to a passage, and a version that searches may use
-- has partitions for them.
with counted as (
  select c.version_id, c.workspace_id, c.embedding_count as vectors from app_hidden.embedding_counts c
),
found as (
  select e.version_id, e.workspace_id, count(*) as vectors from app_public.embeddings e group by e.version_id, e.workspace_id
),
wrong as (
  select
    format('embedding version %s, workspace %s', version_id, workspace_id) as subject,
    format('%s vectors are counted, and there are %s.', coalesce(c.vectors, 0), coalesce(f.vectors, 0)) as detail
  from counted c
  full join found f using (version_id, workspace_id)
  where coalesce(c.vectors, 0) <> coalesce(f.vectors, 0)
  union all
  select
    format('embedding version %s, workspace %s', e.version_id, e.workspace_id),
    format('%s vectors belong to no passage.', count(*))
  from app_public.embeddings e
  where not exists (select from app_public.chunks c where c.workspace_id = e.workspace_id and c.id = e.chunk_id)
  group by e.version_id, e.workspace_id
)
select
  'embedding_counts' as name,
  'error' as severity,
  w.subject,
  w.detail,
  'Restore to another moment, or have the version filled again: npm run embeddings -- status' as remedy,
  'docs/operations/restore.md#embedding_counts' as runbook
from wrong w
order by subject
limit 100;
