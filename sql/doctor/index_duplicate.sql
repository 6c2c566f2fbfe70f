-- Indexes that another one makes superfluous: the same columns in the same order, or the first of them. Every write pays for both.
-- A partition's index follows its parent's, and is left out.
with indexes as (
  select
    i.indexrelid, i.indrelid, i.indisunique, n.nspname, c.relname, c.relam, pg_catalog.pg_relation_size(c.oid) as bytes,
    array(
      select format('%s %s %s %s', i.indkey[k.n], i.indclass[k.n], i.indcollation[k.n], i.indoption[k.n])
      from generate_series(0, i.indnkeyatts - 1) as k (n)
      order by k.n
    ) as keys,
    (i.indkey::smallint[])[i.indnkeyatts :] as included,
    i.indkey::smallint[] as all_columns,
    coalesce(pg_catalog.pg_get_expr(i.indexprs, i.indrelid), '') as expressions,
    coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), '') as predicate,
    -- what a constraint or replication needs cannot be dropped
    i.indisreplident or exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid) as is_needed
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid and not c.relispartition
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
    and i.indisvalid
    and c.relname !~ '_cc(new|old)\d*$'
)
select
  'index_duplicate' as name,
  'warning' as severity,
  format('%I.%I', a.nspname, a.relname) as subject,
  format('%I has the same columns%s.', b.relname, case when cardinality(a.keys) < cardinality(b.keys) then ' and more' else '' end) as detail,
  format('drop index%s %I.%I;', case when c.relkind = 'I' then '' else ' concurrently' end, a.nspname, a.relname) as remedy,
  'docs/doctor.md#index_duplicate' as runbook
from indexes a
join pg_catalog.pg_class c on c.oid = a.indexrelid
cross join lateral (
  select b.relname, b.keys
  from indexes b
  where b.indrelid = a.indrelid and b.indexrelid <> a.indexrelid and b.relam = a.relam and b.predicate = a.predicate
    and a.keys = b.keys[1 : cardinality(a.keys)]
    and a.included <@ b.all_columns
    and case
      -- the same: the one that is needed or unique stays, else the older one
      when cardinality(a.keys) = cardinality(b.keys)
        then a.expressions = b.expressions
          and (b.is_needed, b.indisunique, -b.indexrelid::bigint) > (a.is_needed, a.indisunique, -a.indexrelid::bigint)
      -- the first columns of a longer one, which only a btree can be read by
      else a.expressions = '' and not a.indisunique and a.relam = (select m.oid from pg_catalog.pg_am m where m.amname = 'btree')
    end
  order by b.is_needed desc, b.indexrelid
  limit 1
) as b
where not a.is_needed
order by subject;
