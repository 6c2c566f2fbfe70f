-- Databases of the server whose oldest transaction ids come near the end of their range: at 2^31 the server stops writing. Autovacuum
-- prevents it, unless a long transaction, a prepared one or a replication slot holds it up.
with limits as (
  select
    0.4 as warning_share, -- of 2^31: autovacuum begins at a tenth, so something holds it up
    0.75 as error_share -- days are left at a high rate of writes, and a vacuum of large tables takes hours
),
databases as (
  select d.datname, x.kind, x.age
  from pg_catalog.pg_database d
  cross join lateral (
    values ('transaction ids', pg_catalog.age(d.datfrozenxid)::bigint), ('multixact ids', pg_catalog.mxid_age(d.datminmxid)::bigint)
  ) as x (kind, age)
),
oldest as (
  select c.oid::pg_catalog.regclass as relation
  from pg_catalog.pg_class c
  where c.relkind in ('r', 'm', 't')
  order by pg_catalog.age(c.relfrozenxid) desc
  limit 1
)
select
  'wraparound' as name,
  case when x.age >= limits.error_share * 2147483648 then 'error' else 'warning' end as severity,
  format('database %I, %s', x.datname, x.kind) as subject,
  format('The oldest are %s old, %s %% of what there is.', x.age, round(100 * x.age / 2147483648.0)) as detail,
  format(
    'End what holds old rows (transactions_long, prepared_transactions, replication_slots), then, in database %I: vacuum (freeze%s);', x.datname,
    case when x.datname = pg_catalog.current_database() then format(') %s; and vacuum (freeze', oldest.relation) else '' end
  ) as remedy,
  'docs/doctor.md#wraparound' as runbook
from limits
cross join databases x
cross join oldest
where x.age >= limits.warning_share * 2147483648
order by x.age desc, subject;
