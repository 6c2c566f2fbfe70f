-- What is in app_partitions is made by month, by workspace and by embedding version, and must be nothing but a partition that
-- has what its parent has. Only what breaks that rule has a row, with the rule that it breaks; and every partitioned table
-- says what takes its rows.
with relations as (
  select c.*, format('%I.%I', n.nspname, c.relname) as name
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'app_partitions'
),

broken as (
  select r.name, 'not a table' as rule
  from relations r
  where r.relkind not in ('r', 'p', 'i', 'I')
  union all
  select r.name, 'not attached'
  from relations r
  where r.relkind in ('r', 'p') and not r.relispartition
  union all
  select r.name, format('owned by %s', r.relowner::regrole)
  from relations r
  where r.relkind in ('r', 'p') and r.relowner <> (select n.nspowner from pg_catalog.pg_namespace n where n.nspname = 'app_public')
  union all
  select r.name, 'row security is switched at the parent'
  from relations r
  where r.relrowsecurity or r.relforcerowsecurity or exists (select from pg_catalog.pg_policy p where p.polrelid = r.oid)
  union all
  select r.name, 'unlogged'
  from relations r
  where r.relpersistence <> 'p'
  union all
  select r.name, format('%s to %s', lower(given.privilege_type), case given.grantee when 0 then 'public' else given.grantee::regrole::text end)
  from relations r
  cross join pg_catalog.aclexplode(r.relacl) as given
  where given.grantee <> r.relowner
  union all
  select r.name, format('%s (%I) to %s', lower(given.privilege_type), a.attname, case given.grantee when 0 then 'public' else given.grantee::regrole::text end)
  from relations r
  join pg_catalog.pg_attribute a on a.attrelid = r.oid
  cross join pg_catalog.aclexplode(a.attacl) as given
  where given.grantee <> r.relowner
  union all
  select distinct r.name, case when t.tgenabled = 'O' then format('the trigger %I is not its parent''s', t.tgname) else 'a trigger is disabled' end
  from relations r
  join pg_catalog.pg_trigger t on t.tgrelid = r.oid
  where t.tgenabled <> 'O' or (t.tgparentid = 0 and not t.tgisinternal)
  union all
  -- the dimension is that of the version
  select r.name, format('the constraint %I is not its parent''s', o.conname)
  from relations r
  join pg_catalog.pg_constraint o on o.conrelid = r.oid
  where o.coninhcount = 0 and not (o.contype = 'c' and r.relname ~ '^embeddings_\d+$' and o.conname = r.relname || '_dimensions')
  union all
  select r.name, format('the constraint %I is not validated', o.conname)
  from relations r
  join pg_catalog.pg_constraint o on o.conrelid = r.oid
  where not o.convalidated
  union all
  -- the vector index of a version is built while it is in use, partition by partition
  select
    r.name, case when x.indisvalid and x.indisready and x.indislive then format('the index %I is not its parent''s', i.relname) else format('the index %I is invalid', i.relname) end
  from relations r
  join pg_catalog.pg_index x on x.indrelid = r.oid
  join pg_catalog.pg_class i on i.oid = x.indexrelid
  where
    (i.relkind = 'i' and not (x.indisvalid and x.indisready and x.indislive))
    or (not i.relispartition and i.relname !~ '^embeddings_\d+(_\d+)?_hnsw$')
)

select 'partition' as kind, b.name, string_agg(b.rule, E'\n' order by b.rule collate "C") as definition
from broken b
group by b.name
union all
-- by list, a partition is an embedding version; by hash, all remainders must be there; else rows that fit no month need a home
select
  'partitions', format('%I.%I', n.nspname, c.relname),
  case p.partstrat
    when 'h' then case when exists (
      -- what no partition takes is missing: with one modulus, as many partitions as it says
      select from (
        select count(*) as partitions, max((regexp_match(pg_catalog.pg_get_expr(child.relpartbound, child.oid), 'modulus (\d+)'))[1]::integer) as modulus
        from pg_catalog.pg_inherits i
        join pg_catalog.pg_class child on child.oid = i.inhrelid
        where i.inhparent = c.oid
      ) as hashed
      where hashed.partitions = hashed.modulus
    ) then 'for every hash' else 'not for every hash' end
    when 'r' then case when p.partdefid <> 0 then 'with a default' else 'without a default' end
    else 'by list'
  end
from pg_catalog.pg_partitioned_table p
join pg_catalog.pg_class c on c.oid = p.partrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname like 'app\_%' and n.nspname <> 'app_partitions';
