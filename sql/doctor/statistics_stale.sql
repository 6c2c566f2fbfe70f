-- Tables whose statistics the planner cannot rely on: never taken, or of a table that has changed since. Autovacuum takes those of partitions
-- and never those of the table that they are partitions of, without which joins and counts over all of it are guessed.
with limits as (
  select
    20000 as least_rows, -- smaller tables are planned well enough without
    0.5 as most_changes, -- share of rows changed since; autovacuum analyses at a tenth
    interval '14 days' as parent_after -- the weekly job missed once
),
tables as (
  select
    n.nspname, c.relname, c.relkind, c.reltuples, s.n_mod_since_analyze, greatest(s.last_analyze, s.last_autoanalyze) as analyzed_at,
    case c.relkind when 'p' then (
        select sum(l.n_live_tup) from pg_catalog.pg_partition_tree(c.oid) as t join pg_catalog.pg_stat_all_tables l on l.relid = t.relid where t.isleaf
      ) else s.n_live_tup
    end as live_rows
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_stat_all_tables s on s.relid = c.oid
  where c.relkind in ('r', 'p', 'm')
    and n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss')
)
select
  'statistics_stale' as name,
  'warning' as severity,
  format('%I.%I', x.nspname, x.relname) as subject,
  case
    when x.reltuples < 0
      then format('It has about %s rows%s, and was never analysed.', x.live_rows, case x.relkind when 'p' then ' in its partitions' else '' end)
    when x.relkind = 'p'
      then format('It was analysed last %s.', coalesce(to_char(x.analyzed_at at time zone 'UTC', 'YYYY-MM-DD'), 'before its statistics were reset'))
    else format('%s of about %s rows have changed since it was analysed.', x.n_mod_since_analyze, x.live_rows)
  end as detail,
  format('analyze %I.%I;', x.nspname, x.relname) as remedy,
  'docs/doctor.md#statistics_stale' as runbook
from limits
cross join tables x
where x.live_rows >= limits.least_rows
  and case
    when x.reltuples < 0 then true
    when x.relkind = 'p' then coalesce(x.analyzed_at, '-infinity') < now() - limits.parent_after
    else x.n_mod_since_analyze > limits.most_changes * x.live_rows
  end
order by x.live_rows desc, subject;
