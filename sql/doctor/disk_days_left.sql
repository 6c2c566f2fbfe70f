-- A full disk stops every writer, and a server that cannot write its log ends. The days that are left come from the sizes of the last 30
-- days; what is free is measured where the database is on this machine, else it is what the setting disk_gb leaves.
select
  'disk_days_left' as name,
  case when o.free_bytes < 0.05 * o.disk_bytes or o.days_left < s.warned / 3 then 'error' else 'warning' end as severity,
  'the disk of the database' as subject,
  concat(
    format('%s of %s are free.', pg_catalog.pg_size_pretty(o.free_bytes), pg_catalog.pg_size_pretty(o.disk_bytes)),
    case when o.days_left is not null then format(
      ' The database grows by %s a day: that is enough for %s days.', pg_catalog.pg_size_pretty(o.bytes_per_day::bigint), round(o.days_left::numeric)
    ) end
  ) as detail,
  'See what grows: npm run ops -- doctor --html doctor.html; make the disk larger, or keep less (setRetentionPolicy).' as remedy,
  'docs/doctor.md#disk_days_left' as runbook
from app_hidden.disk_outlook(days => 30) as o
cross join (select app_hidden.setting('disk_days_warned')::numeric as warned) as s
where o.free_bytes < 0.1 * o.disk_bytes or o.days_left < s.warned;
