-- Indexes that answer no query and cost every write: left by a build, a reindex or a drop that was ended (…_ccnew, …_ccold). One
-- that is being built now is left out, and so is the parent of a vector index, which is built partition by partition (vector_index_missing).
select
  'index_invalid' as name,
  case when i.indisunique and c.relname !~ '_cc(new|old)\d*$' then 'error' else 'warning' end as severity,
  format('%I.%I', n.nspname, c.relname) as subject,
  format(
    'It is %s, takes %s, and no query uses it.',
    case when c.relname ~ '_cc(new|old)\d*$' then 'the leftover of a reindex' when i.indisready then 'not valid' else 'not ready' end,
    pg_catalog.pg_size_pretty(pg_catalog.pg_relation_size(c.oid))
  ) as detail,
  case
    when c.relname ~ '_cc(new|old)\d*$' then format('drop index concurrently %I.%I;', n.nspname, c.relname)
    else format('reindex index%s %I.%I;', case c.relkind when 'I' then '' else ' concurrently' end, n.nspname, c.relname)
  end as remedy,
  'docs/doctor.md#index_invalid' as runbook
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where not (i.indisvalid and i.indisready and i.indislive)
  and n.nspname not like 'pg\_temp%'
  and not (c.relkind = 'I' and n.nspname = 'app_partitions' and c.relname ~ '_hnsw$')
  and not exists (
    select from pg_catalog.pg_stat_progress_create_index p
    where p.datname = pg_catalog.current_database() and (p.index_relid = c.oid or p.relid = i.indrelid)
  )
order by subject;
