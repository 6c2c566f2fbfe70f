-- Every table of the application that holds rows of its own, with what reading and writing them needs: asked of the catalogue, so that
-- a new table is dumped, moved and restored without being named anywhere. Of partitioned tables the whole. Not the record of
-- functions/, which says what this database was given, nor the queue, whose jobs follow from the rows. Run with search_path =
-- pg_catalog, so that every type has its schema.
select
  format('%I.%I', n.nspname, c.relname) as name,
  (
    select json_agg(json_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'isGenerated', a.attgenerated <> '', 'isIdentity', a.attidentity <> ''
    ) order by a.attnum)
    from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ) as columns,
  coalesce((
    select json_agg(a.attname order by k.place)
    from pg_index i
    cross join lateral unnest(i.indkey::smallint[]) with ordinality as k (number, place)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
    where i.indrelid = c.oid and i.indisprimary
  ), '[]') as key,
  coalesce((
    select json_agg(json_build_object(
      'name', f.conname,
      'columns', (
        select json_agg(a.attname order by k.place)
        from unnest(f.conkey) with ordinality as k (number, place)
        join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.number
      ),
      'target', format('%I.%I', tn.nspname, t.relname),
      'targetColumns', (
        select json_agg(a.attname order by k.place)
        from unnest(f.confkey) with ordinality as k (number, place)
        join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.number
      ),
      'cascades', f.confdeltype = 'c',
      'nulled', case when f.confdeltype <> 'n' then '[]'::json else (
        select json_agg(a.attname order by a.attnum) from pg_attribute a where a.attrelid = f.conrelid and a.attnum = any (coalesce(f.confdelsetcols, f.conkey))
      ) end,
      'isDeferrable', f.condeferrable
    ) order by f.conname)
    from pg_constraint f
    join pg_class t on t.oid = f.confrelid
    join pg_namespace tn on tn.oid = t.relnamespace
    where f.conrelid = c.oid and f.contype = 'f' and f.conparentid = 0
  ), '[]') as "foreignKeys",
  coalesce((
    select json_agg((
      select json_agg(a.attname order by k.place)
      from unnest(u.conkey) with ordinality as k (number, place)
      join pg_attribute a on a.attrelid = u.conrelid and a.attnum = k.number
    ))
    from pg_constraint u
    where u.conrelid = c.oid and u.contype = 'u' and u.condeferrable
  ), '[]') as "deferredKeys",
  exists (
    -- before (2) each row (1) that is inserted (4)
    select from pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal and g.tgtype & 7 = 7
  ) as "looksAtOthers"
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('app_public', 'app_hidden', 'app_private') and c.relkind in ('r', 'p') and not c.relispartition
  and (n.nspname, c.relname) <> ('app_hidden', 'applied_functions')
order by 1;
