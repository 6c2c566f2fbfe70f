-- Btree indexes that are much larger than their rows need: by the width of their columns, so only those with columns of fixed width. The
-- widths of texts are in statistics that show values of tenants, which this does not read.
with limits as (
  select
    0.6 as most_waste, -- share of the index; keys that come in no order leave a third empty by themselves
    100 * 1024 * 1024 as least_bytes -- wasted; below, a rebuild is not worth its reads
),
indexes as (
  select
    c.oid, n.nspname, c.relname, c.reltuples, pg_catalog.pg_relation_size(c.oid) as bytes,
    -- a tuple of an index: its header, its columns, rounded up to 8; its pointer in the page
    (
      select 8 + 4 + 8 * ceil(sum(a.attlen) / 8.0)
      from pg_catalog.pg_attribute a
      where a.attrelid = c.oid
      having bool_and(a.attlen > 0)
    ) as width,
    coalesce((select o.option_value::integer from pg_catalog.pg_options_to_table(c.reloptions) o where o.option_name = 'fillfactor'), 90) / 100.0 as fill
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_am m on m.oid = c.relam and m.amname = 'btree'
  where c.relkind = 'i' and c.reltuples >= 0
    and n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss')
),
sized as (
  select x.*, x.bytes - x.reltuples * x.width / x.fill as waste
  from indexes x
  where x.width is not null
)
select
  'index_bloat' as name,
  'warning' as severity,
  format('%I.%I', x.nspname, x.relname) as subject,
  format(
    '%s of its %s are empty, by an estimate.',
    pg_catalog.pg_size_pretty(x.waste::bigint), pg_catalog.pg_size_pretty(x.bytes)
  ) as detail,
  format('reindex index concurrently %I.%I;', x.nspname, x.relname) as remedy,
  'docs/doctor.md#index_bloat' as runbook
from limits
cross join sized x
where x.waste >= limits.least_bytes and x.waste >= limits.most_waste * x.bytes
order by x.waste desc, subject;
