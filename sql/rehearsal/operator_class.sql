-- Vector indexes whose operator class serves an operator that no function asks by: they cost every write and answer no search.
select
  'operator_class' as name,
  'error' as severity,
  format('%I.%I', n.nspname, i.relname) as subject,
  format('It serves %s by %s, and no function of the application orders by that.', op.oprname, oc.opcname) as detail,
  'Build it with the operator class of the operator that searches use: halfvec_cosine_ops for <=>.' as remedy,
  'docs/operations/changes.md#operator_class' as runbook
from pg_catalog.pg_index x
join pg_catalog.pg_class i on i.oid = x.indexrelid
join pg_catalog.pg_namespace n on n.oid = i.relnamespace
join pg_catalog.pg_am m on m.oid = i.relam
join pg_catalog.pg_opclass oc on oc.oid = x.indclass[0]
join pg_catalog.pg_amop ao on ao.amopfamily = oc.opcfamily and ao.amoppurpose = 'o'
join pg_catalog.pg_operator op on op.oid = ao.amopopr
where m.amname in ('hnsw', 'ivfflat')
  and n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and not exists (
    select
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace s on s.oid = p.pronamespace
    where s.nspname in ('app_public', 'app_hidden', 'app_private')
      and position(op.oprname in coalesce(p.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), '')) > 0
  )
order by subject;
