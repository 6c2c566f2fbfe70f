-- Indexes, without those of constraints, and extended statistics.
select
  'index' as kind,
  format('%I.%I: %I', n.nspname, c.relname, i.relname) as name,
  concat_ws(
    E'\n',
    pg_catalog.pg_get_indexdef(i.oid),
    case when not (x.indisvalid and x.indisready and x.indislive) then 'invalid' end,
    case when x.indisreplident then 'replica identity' end
  ) as definition
from pg_catalog.pg_index x
join pg_catalog.pg_class i on i.oid = x.indexrelid
join pg_catalog.pg_class c on c.oid = x.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where
  n.nspname like 'app\_%' and n.nspname <> 'app_partitions' and c.relkind <> 't'
  and not exists (select from pg_catalog.pg_constraint o where o.conindid = i.oid and o.contype in ('p', 'u', 'x'))
union all
select 'statistics', format('%s: %I', s.stxrelid::regclass, s.stxname), pg_catalog.pg_get_statisticsobjdef(s.oid)
from pg_catalog.pg_statistic_ext s
join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
where n.nspname like 'app\_%';
