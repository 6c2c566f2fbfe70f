-- Cold conversations whose messages are in the storage of files, and whose file was found missing or damaged, or was not looked for: the job
-- store-cold compares all of them daily.
with limits as (
  select
    interval '3 days' as check_after -- the job is daily
)
select
  'cold_files' as name,
  case when s.missing + s.damaged > 0 then 'error' else 'warning' end as severity,
  'conversations in the storage of files' as subject,
  case
    when s.missing + s.damaged > 0
      then format('%s missing, %s damaged: %s.', s.missing, s.damaged, array_to_string(s.examples, ', '))
    else format('Last looked for %s.', to_char(s.oldest_check at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
  end as detail,
  case
    when s.missing + s.damaged > 0
      then 'Bring the files back from a backup: docs/lifecycle.md#a-file-is-missing-or-damaged'
    else 'See why the job store-cold does not run: npm run ops -- jobs list; or npm run ops -- cold check'
  end as remedy,
  'docs/doctor.md#cold_files' as runbook
from limits
cross join app_hidden.cold_storage_state() s
where s.missing + s.damaged > 0 or s.oldest_check <= now() - limits.check_after;
