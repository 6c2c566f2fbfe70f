-- Types: enums with their labels in order, domains, composite types (their columns are in columns.sql), ranges. The types that
-- every table brings are the table's.
select
  'type' as kind,
  format('%I.%I', n.nspname, t.typname) as name,
  concat_ws(
    E'\n',
    case t.typtype
      when 'e' then 'enum ' || (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid)
      when 'd' then concat_ws(
        ' ', 'domain over', pg_catalog.format_type(t.typbasetype, t.typtypmod), case when t.typnotnull then 'not null' end, 'default ' || t.typdefault
      )
      when 'r' then 'range of ' || (select r.rngsubtype::regtype::text from pg_catalog.pg_range r where r.rngtypid = t.oid)
      when 'c' then 'composite'
      else 'base'
    end,
    'owned by ' || case t.typowner when main.nspowner then 'the owner' else t.typowner::regrole::text end
  ) as definition
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_class c on c.oid = t.typrelid
left join pg_catalog.pg_namespace main on main.nspname = 'app_public'
where
  n.nspname like 'app\_%' and t.typtype <> 'm' and coalesce(c.relkind, 'c') = 'c'
  -- arrays come with what they are arrays of
  and not exists (select from pg_catalog.pg_type of where of.typarray = t.oid);
