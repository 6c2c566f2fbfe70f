-- The active embedding version without a whole vector index: searches of large workspaces compare every vector instead, or miss some.
with limits as (
  select
    5000 as least_vectors -- up to search_exact_limit a workspace is searched exactly anyway
)
select
  'vector_index_missing' as name,
  'error' as severity,
  format('embedding version %s', v.name) as subject,
  format('It has %s vectors, and no index that all of its partitions belong to.', v.vectors) as detail,
  'The worker builds it by itself within a minute (sweep-unindexed), unless that fails: npm run ops -- jobs list; by hand: npm run ops -- reindex' as remedy,
  'docs/doctor.md#vector_index_missing' as runbook
from limits
cross join app_hidden.embedding_version_states() v
where v.status = 'active' and not v.is_indexed and v.vectors >= limits.least_vectors
  and not exists (
    select from pg_catalog.pg_stat_progress_create_index p
    join pg_catalog.pg_class c on c.oid = p.relid
    where c.relname ~ '^embeddings_'
  )
order by subject;
