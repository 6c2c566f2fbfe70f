-- Published tables whose updates and deletes logical replication refuses, and publications that name partitions one by one, so that the
-- next month is missing at the subscriber.
select 'replica_identity' as name, found.severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#replica_identity' as runbook
from (
  select
    'error' as severity,
    format('%I.%I', n.nspname, c.relname) as subject,
    format(
      'It is published by %s without a replica identity: updates and deletes of it fail.',
      string_agg(quote_ident(p.pubname), ', ' order by p.pubname)
    ) as detail,
    format('alter table %I.%I replica identity %s;', n.nspname, c.relname, case when c.has_key then 'default' else 'full' end) as remedy
  from pg_catalog.pg_publication p
  cross join lateral pg_catalog.pg_get_publication_tables(p.pubname) as t
  join lateral (
    select c.*, exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary) as has_key
    from pg_catalog.pg_class c
    where c.oid = t.relid
  ) as c on true
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where (p.pubupdate or p.pubdelete)
    and (
      c.relreplident = 'n'
      or c.relreplident = 'd' and not c.has_key
      or c.relreplident = 'i' and not exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisreplident and i.indisvalid)
    )
  group by n.nspname, c.relname, c.has_key
  union all
  select
    'warning',
    format('publication %I', p.pubname),
    format('It publishes partitions under their own names (%s): a subscriber needs each of them, also the one of next month.', min(c.relname)),
    format('alter publication %I set (publish_via_partition_root = true);', p.pubname)
  from pg_catalog.pg_publication p
  cross join lateral pg_catalog.pg_get_publication_tables(p.pubname) as t
  join pg_catalog.pg_class c on c.oid = t.relid and c.relispartition
  where not p.pubviaroot
  group by p.pubname
) as found
order by found.subject;
