-- The comments of everything.
with places as (
  select oid, nspname
  from pg_catalog.pg_namespace
  where nspname like 'app\_%' and nspname <> 'app_partitions'
)

select 'comment' as kind, quote_ident(n.nspname) as name, d.description as definition
from pg_catalog.pg_description d
join places n on d.classoid = 'pg_namespace'::regclass and d.objoid = n.oid
union all
select 'comment', format('%I.%I', n.nspname, c.relname) || coalesce(': ' || quote_ident(a.attname), ''), d.description
from pg_catalog.pg_description d
join pg_catalog.pg_class c on d.classoid = 'pg_class'::regclass and d.objoid = c.oid
join places n on n.oid = c.relnamespace
left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0
union all
select 'comment', format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)), d.description
from pg_catalog.pg_description d
join pg_catalog.pg_proc p on d.classoid = 'pg_proc'::regclass and d.objoid = p.oid
join places n on n.oid = p.pronamespace
union all
select 'comment', format('%I.%I', n.nspname, t.typname), d.description
from pg_catalog.pg_description d
join pg_catalog.pg_type t on d.classoid = 'pg_type'::regclass and d.objoid = t.oid
join places n on n.oid = t.typnamespace
union all
select 'comment', format('%I.%I: %s %I', n.nspname, coalesce(c.relname, t.typname), 'constraint', o.conname), d.description
from pg_catalog.pg_description d
join pg_catalog.pg_constraint o on d.classoid = 'pg_constraint'::regclass and d.objoid = o.oid
left join pg_catalog.pg_class c on c.oid = o.conrelid
left join pg_catalog.pg_type t on t.oid = o.contypid
join places n on n.oid = coalesce(c.relnamespace, t.typnamespace)
union all
select 'comment', format('%I.%I: %s %I', n.nspname, c.relname, 'trigger', g.tgname), d.description
from pg_catalog.pg_description d
join pg_catalog.pg_trigger g on d.classoid = 'pg_trigger'::regclass and d.objoid = g.oid
join pg_catalog.pg_class c on c.oid = g.tgrelid
join places n on n.oid = c.relnamespace
union all
select 'comment', format('%I.%I: %s %I', n.nspname, c.relname, 'policy', p.polname), d.description
from pg_catalog.pg_description d
join pg_catalog.pg_policy p on d.classoid = 'pg_policy'::regclass and d.objoid = p.oid
join pg_catalog.pg_class c on c.oid = p.polrelid
join places n on n.oid = c.relnamespace;
