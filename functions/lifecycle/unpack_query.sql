-- How texts become rows of a table again, written from the catalogue (packed_line is the other way).
--
-- $1 is the document, $2 the owner of the conversation, who may have changed meanwhile. What happened to rows that others refer
-- to happened to packed rows too: a person who is gone is null where the foreign key says so, and takes the row along where
-- it cascades.
create or replace function app_private.unpack_query(packed regclass, columns text[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with attributes as (
    select a.attname::text as name, a.attnum, a.attgenerated <> '' as is_generated, format_type(a.atttypid, a.atttypmod) as type,
      pg_get_expr(d.adbin, d.adrelid) as expression, a.attname::text = any (columns) as is_packed
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = packed and a.attnum > 0 and not a.attisdropped
  ),
  parents as (
    select a.attname::text as name, k.confdeltype = 'c' as is_cascaded,
      format('exists (select from %s as p where p.%I = r.%I::%s)', k.confrelid::regclass, f.attname, a.attname, format_type(a.atttypid, a.atttypmod)) as still_there
    from pg_constraint k
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    join pg_attribute f on f.attrelid = k.confrelid and f.attnum = k.confkey[1]
    where k.conrelid = packed and k.contype = 'f' and cardinality(k.conkey) = 1 and k.confdeltype in ('c', 'n')
      and a.attname = any (columns) and a.attname <> 'owner_id'
  )
  select format(
    'select %s from (select %s from json_to_recordset($1::json) as r (%s) where $2::uuid is not null%s) as t',
    string_agg(case when a.is_generated then a.expression || ' as ' else 't.' end || quote_ident(a.name), ', ' order by a.attnum),
    string_agg(
      case
        when a.name = 'owner_id' then '$2'
        when not a.is_packed then format('(%s)::%s', coalesce(a.expression, 'null'), a.type)
        when exists (select from parents p where p.name = a.name and not p.is_cascaded)
          then format('case when %s then r.%I::%s end', (select p.still_there from parents p where p.name = a.name and not p.is_cascaded), a.name, a.type)
        else format('r.%I::%s', a.name, a.type)
      end || ' as ' || quote_ident(a.name),
      ', ' order by a.attnum
    ) filter (where not a.is_generated),
    (select string_agg(format('%I text', c.name), ', ') from unnest(columns) as c (name)),
    coalesce((select string_agg(' and ' || p.still_there, '') from parents p where p.is_cascaded), '')
  )
  from attributes a;
$$;
comment on function app_private.unpack_query(regclass, text[]) is 'The query that reads rows of a table, whole and typed, from a document ($1) of a conversation of an owner ($2).';
-- an export of a workspace reads packed messages
do $backup$
begin
  if pg_catalog.to_regrole('colloquy_backup') is not null then
    grant execute on function app_private.unpack_query(regclass, text[]) to colloquy_backup;
  end if;
end
$backup$;
