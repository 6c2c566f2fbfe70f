-- The constraints of tables and domains. "not null" is said by the column. A foreign key holds by triggers of its own, and a
-- primary key by its index: whether they work is said too.
select
  'constraint' as kind,
  format('%I.%I: %I', n.nspname, coalesce(c.relname, t.typname), o.conname) as name,
  concat_ws(
    E'\n',
    pg_catalog.pg_get_constraintdef(o.oid),
    case when exists (
      select
      from pg_catalog.pg_trigger g
      where g.tgconstraint = o.oid and g.tgenabled <> 'O'
    ) then 'not enforced: its triggers are disabled' end,
    case when not (x.indisvalid and x.indisready and x.indislive) then 'its index is invalid' end,
    case when x.indisreplident then 'replica identity' end,
    'options ' || array_to_string(i.reloptions, ', ')
  ) as definition
from pg_catalog.pg_constraint o
left join pg_catalog.pg_class c on c.oid = o.conrelid
left join pg_catalog.pg_type t on t.oid = o.contypid
join pg_catalog.pg_namespace n on n.oid = coalesce(c.relnamespace, t.typnamespace)
left join pg_catalog.pg_index x on x.indexrelid = o.conindid and o.contype in ('p', 'u', 'x')
left join pg_catalog.pg_class i on i.oid = x.indexrelid
where n.nspname like 'app\_%' and n.nspname <> 'app_partitions' and o.contype <> 'n' and o.conparentid = 0;
