-- Which columns are packed, written from the catalogue: a column that a later release adds is packed without a word here.
create or replace function app_private.packed_columns(packed regclass)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(a.attname::text order by a.attnum)
  from pg_attribute a
  where a.attrelid = packed and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
$$;
comment on function app_private.packed_columns(regclass) is 'The columns of a table that are stored, in order.';
