-- One row per table and view of the application, with all that a page about it shows. Partitions are left out: they are
-- made by month and by embedding version, and have what their parents have.
select
  n.nspname as schema,
  c.relname as name,
  case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind,
  pg_catalog.obj_description(c.oid, 'pg_class') as comment,
  case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end as partitioned_by,
  c.relrowsecurity as has_row_security,
  c.relforcerowsecurity as is_row_security_forced,
  array_to_string(c.reloptions, ', ') as options,
  case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end as definition,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'name', a.attname,
      'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
      'isNullable', not a.attnotnull,
      'value', case
        when a.attgenerated = 'v' then format('virtual: %s', pg_catalog.pg_get_expr(d.adbin, d.adrelid))
        when a.attgenerated = 's' then format('stored: %s', pg_catalog.pg_get_expr(d.adbin, d.adrelid))
        when a.attidentity <> '' then 'identity'
        else pg_catalog.pg_get_expr(d.adbin, d.adrelid)
      end,
      'comment', pg_catalog.col_description(c.oid, a.attnum)
    ) order by a.attnum), '[]')
    from pg_catalog.pg_attribute a
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ) as columns,
  (
    -- what forbids null is said by the column
    select coalesce(jsonb_agg(jsonb_build_object(
      'name', o.conname,
      'definition', pg_catalog.pg_get_constraintdef(o.oid),
      'isForeignKey', o.contype = 'f'
    ) order by array_position(array['p', 'u', 'x', 'f', 'c'], o.contype::text), o.conname), '[]')
    from pg_catalog.pg_constraint o
    where o.conrelid = c.oid and o.contype <> 'n' and o.conparentid = 0
  ) as constraints,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'name', i.relname,
      'definition', pg_catalog.pg_get_indexdef(i.oid),
      'constraint', exists (select from pg_catalog.pg_constraint o where o.conindid = i.oid and o.contype in ('p', 'u', 'x'))
    ) order by i.relname), '[]')
    from pg_catalog.pg_index x
    join pg_catalog.pg_class i on i.oid = x.indexrelid
    where x.indrelid = c.oid
  ) as indexes,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'name', p.polname,
      'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
      'isPermissive', p.polpermissive,
      'roles', (
        select jsonb_agg(case given.role when 0 then 'public' else given.role::regrole::text end order by given.role::regrole::text collate "C")
        from unnest(p.polroles) as given (role)
      ),
      'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid, true),
      'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid, true)
    ) order by p.polname), '[]')
    from pg_catalog.pg_policy p
    where p.polrelid = c.oid
  ) as policies,
  (
    select coalesce(jsonb_agg(jsonb_build_object('name', t.tgname, 'definition', pg_catalog.pg_get_triggerdef(t.oid)) order by t.tgname), '[]')
    from pg_catalog.pg_trigger t
    where t.tgrelid = c.oid and not t.tgisinternal
  ) as triggers,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'table', format('%s.%s', other_schema.nspname, other.relname),
      'constraint', o.conname,
      'definition', pg_catalog.pg_get_constraintdef(o.oid)
    ) order by other_schema.nspname, other.relname, o.conname), '[]')
    from pg_catalog.pg_constraint o
    join pg_catalog.pg_class other on other.oid = o.conrelid
    join pg_catalog.pg_namespace other_schema on other_schema.oid = other.relnamespace
    where o.confrelid = c.oid and o.contype = 'f' and o.conparentid = 0 and other_schema.nspname <> 'app_partitions'
  ) as referenced_by
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private') and c.relkind in ('r', 'p', 'v', 'm')
order by n.nspname, c.relname;
