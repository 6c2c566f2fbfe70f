-- The queue belongs to the copy: without it nothing that waits is ever done.
select 'queue_present' as name, 'error' as severity, found.subject, found.detail, 'npm run migrate' as remedy, 'docs/operations/restore.md#queue_present' as runbook
from (
  select 'schema pgboss' as subject, 'The queue is not there.' as detail
  where pg_catalog.to_regclass('pgboss.version') is null or pg_catalog.to_regclass('pgboss.job') is null
  union all
  select 'queue index-source', 'The queue of what is to be indexed is not there.'
  where pg_catalog.to_regclass('pgboss.queue') is not null
    and not exists (select from pgboss.queue q where q.name = 'index-source')
) as found
order by found.subject;
