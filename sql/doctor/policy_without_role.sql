-- Policies that say nobody's name: they hold for every role, also for one that is made later.
select
  'policy_without_role' as name,
  'error' as severity,
  format('%I.%I: %I', n.nspname, c.relname, p.polname) as subject,
  'The policy is for public.' as detail,
  format('alter policy %I on %I.%I to colloquy_user, colloquy_admin;', p.polname, n.nspname, c.relname) as remedy,
  'docs/doctor.md#policy_without_role' as runbook
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions') and 0 = any (p.polroles)
order by subject;
