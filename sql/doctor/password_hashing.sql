-- only: server
-- New passwords of database logins would be stored as MD5, which is guessed fast and whose hash is as good as the password.
select
  'password_hashing' as name,
  'error' as severity,
  'password_encryption' as subject,
  format('It is %s.', s.reset_val) as detail,
  'alter system reset password_encryption; select pg_catalog.pg_reload_conf(); and then new passwords: npm run logins' as remedy,
  'docs/doctor.md#password_hashing' as runbook
from pg_catalog.pg_settings s
where s.name = 'password_encryption' and s.reset_val <> 'scram-sha-256';
