-- Objects that do not belong to colloquy_owner: a definer function has the rights of whom it belongs to, and a migration cannot
-- change what is another's.
select
  'wrong_owner' as name,
  'error' as severity,
  found.kind || ' ' || found.subject as subject,
  format('It belongs to %s.', pg_catalog.pg_get_userbyid(found.owner)) as detail,
  format('alter %s %s owner to colloquy_owner;', found.kind, found.subject) as remedy,
  'docs/doctor.md#wrong_owner' as runbook
from (
  select 'schema' as kind, format('%I', n.nspname) as subject, n.nspowner as owner, n.oid as schema, n.oid, 'pg_namespace'::regclass as class
  from pg_catalog.pg_namespace n
  union all
  -- an index belongs with its table, and so does a sequence that a column has
  select 'table', format('%I.%I', n.nspname, c.relname), c.relowner, n.oid, c.oid, 'pg_class'::regclass
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    or (c.relkind = 'S' and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refobjsubid > 0 and d.deptype in ('a', 'i')
    ))
  union all
  select 'routine', p.oid::pg_catalog.regprocedure::text, p.proowner, p.pronamespace, p.oid, 'pg_proc'::regclass
  from pg_catalog.pg_proc p
  where p.prokind <> 'a'
  union all
  select case t.typtype when 'd' then 'domain' else 'type' end, format('%I.%I', n.nspname, t.typname), t.typowner, n.oid, t.oid, 'pg_type'::regclass
  from pg_catalog.pg_type t
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  left join pg_catalog.pg_class c on c.oid = t.typrelid
  where t.typtype in ('d', 'e', 'r') or c.relkind = 'c'
) as found
join pg_catalog.pg_namespace n on n.oid = found.schema
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and found.owner <> coalesce(pg_catalog.to_regrole('colloquy_owner')::oid, 0)
  and not exists (
    select from pg_catalog.pg_depend d where d.classid = found.class and d.objid = found.oid and d.deptype = 'e'
  )
order by subject;
