-- Each vector has the length of its version: one of another length is compared with nothing, or breaks a search.
select
  'vector_dimensions' as name,
  'error' as severity,
  format('embedding version %s', v.name) as subject,
  format('%s vectors have %s dimensions instead of %s.', count(*), extensions.vector_dims(e.embedding), v.dimensions) as detail,
  'Have the version filled anew: npm run embeddings -- status' as remedy,
  'docs/operations/restore.md#vector_dimensions' as runbook
from app_public.embeddings e
join app_public.embedding_versions v on v.id = e.version_id
where extensions.vector_dims(e.embedding) <> v.dimensions
group by v.name, v.dimensions, extensions.vector_dims(e.embedding)
order by subject, detail;
