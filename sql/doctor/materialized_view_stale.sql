-- Materialized views that were not filled, as after a restore, so that reading one fails; and the summary of conversations, when it was not
-- refreshed although there is something to sum up.
with limits as (
  select
    interval '36 hours' as warning_after -- it is refreshed daily, and whenever analytics changed
)
select 'materialized_view_stale' as name, found.severity, found.subject, found.detail, found.remedy, 'docs/doctor.md#materialized_view_stale' as runbook
from (
  select
    'error' as severity, format('%I.%I', n.nspname, c.relname) as subject, 'It was never filled: reading it fails.' as detail,
    case when c.relname = 'conversation_summary_stats' then 'select * from app_hidden.refresh_summary_stats(); as colloquy_worker.'
      else format('refresh materialized view %I.%I;', n.nspname, c.relname)
    end as remedy
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'm' and not c.relispopulated and n.nspname in ('app_public', 'app_hidden', 'app_private')
  union all
  select
    'warning', 'app_private.conversation_summary_stats',
    format('It was refreshed last %s.', coalesce(to_char(q.last_completed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'longer ago than is kept')),
    'select * from app_hidden.refresh_summary_stats(); as colloquy_worker. Why the job does not: npm run ops -- jobs list'
  from limits
  cross join app_hidden.queue_states(with_ends => true) q
  join pg_catalog.pg_stat_all_tables a on a.schemaname = 'app_public' and a.relname = 'conversation_analytics' and a.n_live_tup > 0
  where q.queue = 'refresh-analytics'
    and coalesce(q.last_completed_at, q.scheduled_since) <= now() - limits.warning_after
) as found
order by found.subject;
