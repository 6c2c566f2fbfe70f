-- Tables, views and sequences, without the columns of tables. The partitions are looked at by partitions.sql.
select
  case c.relkind when 'v' then 'view' when 'm' then 'view' when 'S' then 'sequence' else 'table' end as kind,
  format('%I.%I', n.nspname, c.relname) as name,
  concat_ws(
    E'\n',
    case c.relkind
      when 'p' then 'partitioned by ' || pg_catalog.pg_get_partkeydef(c.oid)
      when 'v' then pg_catalog.pg_get_viewdef(c.oid)
      when 'm' then E'materialized\n' || pg_catalog.pg_get_viewdef(c.oid)
      when 'f' then 'foreign table'
    end,
    case when c.relkind in ('r', 'p') then format('row security %s', case when c.relrowsecurity then 'on' else 'off' end) end,
    case when c.relkind in ('r', 'p') then format('row security of its owner %s', case when c.relforcerowsecurity then 'on' else 'off' end) end,
    case c.relpersistence when 'u' then 'unlogged' end,
    'stored as ' || nullif(a.amname, 'heap'),
    'options ' || (select string_agg(option, ', ' order by option collate "C") from unnest(c.reloptions) as option),
    'large values: ' || (select string_agg(option, ', ' order by option collate "C") from unnest(t.reloptions) as option),
    'replica identity ' || case when c.relkind in ('r', 'p') then nullif(c.relreplident::text, 'd') end,
    'inherits ' || (
      select string_agg(i.inhparent::regclass::text, ', ' order by i.inhseqno) from pg_catalog.pg_inherits i where i.inhrelid = c.oid
    ),
    case when c.relkind = 'S' then
      format('%s from %s by %s, %s to %s, cache %s', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache)
      || case when s.seqcycle then ', cycle' else '' end
    end,
    case when c.relkind = 'S' then 'of the column ' || (
      select format('%s.%I', d.refobjid::regclass, owning.attname)
      from pg_catalog.pg_depend d
      join pg_catalog.pg_attribute owning on owning.attrelid = d.refobjid and owning.attnum = d.refobjsubid
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
    ) end,
    'owned by ' || case c.relowner when main.nspowner then 'the owner' else c.relowner::regrole::text end
  ) as definition
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_am a on a.oid = c.relam
left join pg_catalog.pg_class t on t.oid = c.reltoastrelid
left join pg_catalog.pg_sequence s on s.seqrelid = c.oid
left join pg_catalog.pg_namespace main on main.nspname = 'app_public'
where n.nspname like 'app\_%' and n.nspname <> 'app_partitions' and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S');
