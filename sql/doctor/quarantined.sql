-- A restored or cloned database that was not adopted: no mail leaves it, no service is asked, no bytes are removed. Which environment the
-- processes declare is known where the session says it (colloquy.environment); without it, only the database itself is compared.
select
  'quarantined' as name,
  'warning' as severity,
  'this database' as subject,
  format('It is a copy in quarantine: nothing is sent and nothing is spent. %s', q.reason) as detail,
  'When its original sends no more, or this one may send beside it: npm run ops -- adopt' as remedy,
  'docs/doctor.md#quarantined' as runbook
from (
  select case
    when current_setting('colloquy.environment', true) is null then app_hidden.quarantine_of_database()
    else app_hidden.quarantine(for_environment => current_setting('colloquy.environment', true))
  end as reason
) as q
where q.reason is not null;
