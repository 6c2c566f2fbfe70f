-- only: server
-- Logins of requests and jobs that are given no end: our programs bound their own transactions, and a psql with the same login does not. What
-- the login itself says holds for both.
select
  'login_timeouts' as name,
  'info' as severity,
  format('role %I', r.rolname) as subject,
  'A transaction that somebody leaves open with this login stays open: it has no idle_in_transaction_session_timeout.' as detail,
  format('alter role %I set idle_in_transaction_session_timeout = ''5min'';', r.rolname) as remedy,
  'docs/doctor.md#login_timeouts' as runbook
from pg_catalog.pg_roles r
where r.rolname in ('colloquy_authenticator', 'colloquy_worker', 'colloquy_monitor')
  and (select s.reset_val from pg_catalog.pg_settings s where s.name = 'idle_in_transaction_session_timeout') = '0'
  and not exists (
    select from pg_catalog.pg_db_role_setting x
    cross join lateral unnest(x.setconfig) as c (text)
    where x.setrole = r.oid and c.text ~ '^idle_in_transaction_session_timeout=' and c.text !~ '=0\D*$'
  )
order by subject;
