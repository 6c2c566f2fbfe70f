-- Tables that autovacuum does not keep up with, or is told to leave alone: dead rows slow every read, and those of vectors lower recall.
with limits as (
  select
    2.0 as factor, -- autovacuum begins at its threshold; at twice that it is late
    10000 as least_rows -- below, a late vacuum is not noticed
),
tables as (
  select
    s.schemaname, s.relname, s.n_dead_tup, s.n_live_tup, greatest(s.last_vacuum, s.last_autovacuum) as vacuumed_at,
    coalesce(own.is_enabled, true) as is_enabled,
    least(
      coalesce(own.threshold, pg_catalog.current_setting('autovacuum_vacuum_threshold')::float8)
      + coalesce(own.scale, pg_catalog.current_setting('autovacuum_vacuum_scale_factor')::float8) * greatest(c.reltuples, 0),
      nullif(pg_catalog.current_setting('autovacuum_vacuum_max_threshold')::float8, -1)
    ) as threshold
  from pg_catalog.pg_stat_all_tables s
  join pg_catalog.pg_class c on c.oid = s.relid
  cross join lateral (
    select
      max(o.option_value) filter (where o.option_name = 'autovacuum_enabled')::boolean as is_enabled,
      max(o.option_value) filter (where o.option_name = 'autovacuum_vacuum_threshold')::float8 as threshold,
      max(o.option_value) filter (where o.option_name = 'autovacuum_vacuum_scale_factor')::float8 as scale
    from pg_catalog.pg_options_to_table(c.reloptions) o
  ) as own
  where s.schemaname !~ '^pg_temp|^information_schema$' and c.relkind in ('r', 'm', 't')
)
select
  'dead_rows' as name,
  'warning' as severity,
  format('%I.%I', x.schemaname, x.relname) as subject,
  case when x.is_enabled then format(
      '%s dead rows beside %s live ones; autovacuum should begin at %s. Last vacuum: %s.',
      x.n_dead_tup, x.n_live_tup, round(x.threshold), coalesce(to_char(x.vacuumed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'never')
    ) else 'Autovacuum is switched off for it.'
  end as detail,
  case when x.is_enabled then format('vacuum (analyze) %I.%I;', x.schemaname, x.relname)
    else format('alter table %I.%I reset (autovacuum_enabled);', x.schemaname, x.relname)
  end as remedy,
  'docs/doctor.md#dead_rows' as runbook
from limits
cross join tables x
where x.n_dead_tup >= limits.least_rows and x.n_dead_tup > limits.factor * x.threshold or not x.is_enabled
order by x.n_dead_tup desc, subject;
