-- What has no comment: tables and columns of every schema of ours, functions, and the types of app_public. GraphQL shows
-- these comments as its documentation.
with objects as (
  select format('table %I.%I', n.nspname, c.relname) as subject, pg_catalog.obj_description(c.oid, 'pg_class') as comment
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('app_public', 'app_hidden', 'app_private') and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
  union all
  select format('column %I.%I.%I', n.nspname, c.relname, a.attname), pg_catalog.col_description(c.oid, a.attnum)
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relkind in ('r', 'p', 'v', 'm', 'c') and not c.relispartition
    and (n.nspname in ('app_public', 'app_hidden', 'app_private') and c.relkind <> 'c' or n.nspname = 'app_public')
  union all
  select format('function %s', p.oid::pg_catalog.regprocedure), pg_catalog.obj_description(p.oid, 'pg_proc')
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('app_public', 'app_hidden', 'app_private')
  union all
  select format('type %I.%I', n.nspname, t.typname), pg_catalog.obj_description(t.oid, 'pg_type')
  from pg_catalog.pg_type t
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  left join pg_catalog.pg_class c on c.oid = t.typrelid
  where n.nspname = 'app_public' and (t.typtype in ('e', 'd') or c.relkind = 'c')
)
select
  'missing_comment' as name,
  'warning' as severity,
  subject,
  'It has no comment.' as detail,
  format('comment on %s is ''…'';', subject) as remedy,
  'docs/doctor.md#missing_comment' as runbook
from objects
where comment is null or trim(comment) = ''
order by subject;
