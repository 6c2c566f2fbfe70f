-- How a row of a table becomes a text. Every value goes through the text form of its type, which PostgreSQL reads back exactly;
-- JSON's own numbers and nulls would lose a scale, or a jsonb null. Whoever runs these queries pins the settings that such
-- texts depend on.
create or replace function app_private.packed_line(packed regclass, columns text[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format('json_object(%L::text[], array[%s])::text', columns, string_agg(format('t.%I::text', c.name), ', ' order by c.place))
  from unnest(columns) with ordinality as c (name, place);
$$;
comment on function app_private.packed_line(regclass, text[]) is 'The expression that writes a row "t" of a table as one line of JSON, from its columns.';
