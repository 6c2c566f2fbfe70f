-- Foreign keys whose columns lead no index: deleting what they point to reads the whole table. A partial index counts
-- when it leaves out nothing but nulls; and one that begins with some of the columns, when these alone are a key of what is
-- pointed to.
select
  'foreign_key_without_index' as name,
  'error' as severity,
  format('%I.%I: %I', n.nspname, c.relname, k.conname) as subject,
  format('No index begins with (%s).', columns.list) as detail,
  format('create index %I on %I.%I (%s);', c.relname || '_' || replace(columns.list, ', ', '_') || '_idx', n.nspname, c.relname, columns.list) as remedy,
  'docs/doctor.md#foreign_key_without_index' as runbook
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (
  select string_agg(quote_ident(a.attname), ', ' order by x.position) as list
  from unnest(k.conkey) with ordinality as x (attnum, position)
  join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.attnum
) as columns
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and k.contype = 'f'
  and not c.relispartition
  and not exists (
    select from pg_catalog.pg_index i
    where i.indrelid = k.conrelid
      and i.indisvalid
      and (
        (
          (i.indkey::smallint[])[0 : cardinality(k.conkey) - 1] @> k.conkey
          and k.conkey @> (i.indkey::smallint[])[0 : cardinality(k.conkey) - 1]
        )
        or exists (
          select from pg_catalog.pg_index u
          where u.indrelid = k.confrelid
            and u.indisunique and u.indpred is null and u.indexprs is null and u.indnkeyatts < cardinality(k.conkey)
            and (
              select array_agg(x.attnum)
              from unnest(k.conkey, k.confkey) as x (attnum, pointed_to)
              where x.pointed_to = any ((u.indkey::smallint[])[0 : u.indnkeyatts - 1])
            ) operator(pg_catalog.@>) (i.indkey::smallint[])[0 : u.indnkeyatts - 1]
        )
      )
      and (
        i.indpred is null
        or pg_catalog.pg_get_expr(i.indpred, i.indrelid) in (
          select format('(%I IS NOT NULL)', a.attname)
          from pg_catalog.pg_attribute a
          where a.attrelid = k.conrelid and a.attnum = any (k.conkey)
        )
      )
  )
order by subject;
