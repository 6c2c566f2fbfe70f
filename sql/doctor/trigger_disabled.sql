-- Triggers of ours that do not fire, those of foreign keys included: counters drift, nothing is enqueued, the audit log has gaps. A load
-- that switches them off (pg_restore --disable-triggers) and ends in between leaves them so.
select
  'trigger_disabled' as name,
  'error' as severity,
  format('%I.%I', n.nspname, c.relname) as subject,
  format(
    '%s of its triggers do not fire%s.', count(*),
    coalesce(': ' || string_agg(t.tgname, ', ' order by t.tgname) filter (where not t.tgisinternal), ', all of foreign keys')
  ) as detail,
  format('alter table %I.%I enable trigger all;', n.nspname, c.relname) as remedy,
  'docs/doctor.md#trigger_disabled' as runbook
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and t.tgenabled not in ('O', 'A')
group by n.nspname, c.relname
order by subject;
