-- For how long there are partitions: what comes after the last one goes into the default partition, from which it must be moved while
-- everybody waits.
with limits as (
  select
    interval '45 days' as warning_before, -- three months are kept ahead, made daily
    interval '10 days' as error_before -- the job has failed for more than a month
),
bounds as (
  select
    c.oid, n.nspname, c.relname,
    coalesce(substring(b.expression from $x$FROM \('([^']+)'$x$)::uuid, '00000000-0000-0000-0000-000000000000') as lower,
    coalesce(substring(b.expression from $x$TO \('([^']+)'$x$)::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') as upper
  from pg_catalog.pg_partitioned_table p
  join pg_catalog.pg_class c on c.oid = p.partrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
  join pg_catalog.pg_inherits i on i.inhparent = c.oid
  join pg_catalog.pg_class part on part.oid = i.inhrelid
  cross join lateral (select pg_catalog.pg_get_expr(part.relpartbound, part.oid) as expression) as b
  where p.partstrat = 'r' and n.nspname = 'app_public' and a.atttypid = 'pg_catalog.uuid'::pg_catalog.regtype and b.expression <> 'DEFAULT'
),
runway as (
  select t.nspname, t.relname, coalesce(covered.until, now()) as until
  from (select distinct b.oid, b.nspname, b.relname from bounds b) as t
  -- the end of the stretch without a gap that today is in
  cross join lateral (
    select min(pg_catalog.uuid_extract_timestamp(b.upper)) as until
    from bounds b
    where b.oid = t.oid
      and pg_catalog.uuid_extract_timestamp(b.upper) > now()
      and not exists (select from bounds x where x.oid = b.oid and x.lower = b.upper)
      and exists (
        select from bounds x
        where x.oid = b.oid and pg_catalog.uuid_extract_timestamp(x.upper) > now()
          and coalesce(pg_catalog.uuid_extract_timestamp(x.lower), '-infinity') <= now()
      )
  ) as covered
)
select
  'partition_runway' as name,
  case when r.until < now() + limits.error_before then 'error' else 'warning' end as severity,
  format('%I.%I', r.nspname, r.relname) as subject,
  case when r.until <= now() then 'There is no partition for today: rows stray into the default one.'
    else format('Its partitions end at %s.', to_char(r.until at time zone 'UTC', 'YYYY-MM-DD'))
  end as detail,
  'select * from app_hidden.ensure_partitions(); as colloquy_owner or colloquy_worker. Why the daily job does not: npm run ops -- jobs list' as remedy,
  'docs/doctor.md#partition_runway' as runbook
from limits
cross join runway r
where r.until < now() + limits.warning_before
order by subject;
