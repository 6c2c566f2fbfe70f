-- Tables that are much larger than their rows can be: a row with texts takes 2 kB at most before they are moved out of it, one without has a
-- fixed width. So what is found is certain, and less than there is. Statistics of widths show values of tenants: they are not read.
with limits as (
  select
    0.5 as most_waste, -- share of the table; a vacuum leaves room that is used again
    100 * 1024 * 1024 as least_bytes -- wasted; below, a rewrite is not worth its lock
),
tables as (
  select
    n.nspname, c.relname, c.reltuples, pg_catalog.pg_relation_size(c.oid) as bytes,
    (
      select case when bool_or(a.attlen < 0) then 2100 else 28 + sum(8 * ceil(a.attlen / 8.0)) end
      from pg_catalog.pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) as width,
    coalesce((select o.option_value::integer from pg_catalog.pg_options_to_table(c.reloptions) o where o.option_name = 'fillfactor'), 100) / 100.0 as fill
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm') and c.reltuples >= 0
    and n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss')
),
sized as (
  select x.*, x.bytes - coalesce(x.reltuples * x.width / x.fill, 0) as waste
  from tables x
)
select
  'table_bloat' as name,
  'warning' as severity,
  format('%I.%I', x.nspname, x.relname) as subject,
  format(
    'At least %s of its %s are empty.',
    pg_catalog.pg_size_pretty(x.waste::bigint), pg_catalog.pg_size_pretty(x.bytes)
  ) as detail,
  format('vacuum (full, analyze) %I.%I;', x.nspname, x.relname) as remedy,
  'docs/doctor.md#table_bloat' as runbook
from limits
cross join sized x
where x.waste >= limits.least_bytes and x.waste >= limits.most_waste * x.bytes
order by x.waste desc, subject;
