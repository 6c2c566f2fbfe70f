-- Rows in default partitions: written by a clock that is wrong, or while partitions were missing. They are found like all others, and each
-- makes the next partition slower to attach.
with limits as (
  select
    1000 as warning_from -- a few are moved by the next nightly run; more say that something is wrong
)
select
  'partition_strays' as name,
  case when s.strays >= limits.warning_from then 'warning' else 'info' end as severity,
  format('app_public.%I', s.parent) as subject,
  format('%s%s rows are in its default partition.', case when s.strays >= 100000 then 'More than ' else '' end, s.strays) as detail,
  'select * from app_hidden.ensure_partitions(); as colloquy_owner or colloquy_worker, until it returns nothing.' as remedy,
  'docs/doctor.md#partition_strays' as runbook
from limits
cross join app_hidden.partition_strays() s
where s.strays > 0
order by s.strays desc, subject;
