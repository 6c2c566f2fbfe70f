-- Certificates of erased people: each has the hash of the one before it. And people who are not erased yet, though it was asked for.
select
  'erasures' as name,
  'error' as severity,
  f.subject as subject,
  f.fault as detail,
  'npm run ops -- erasures verify' as remedy,
  'docs/doctor.md#erasures' as runbook
from app_hidden.erasure_faults() f;
