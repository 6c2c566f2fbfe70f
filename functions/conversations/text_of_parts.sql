-- What of the parts of a message is its text, which is searched and shown where parts are not: those of the type "text", in their order. Not
-- reasoning, calls of tools, files or data.
create or replace function app_private.text_of_parts(parts jsonb)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(string_agg(p.item ->> 'text', E'\n\n' order by p.place) filter (where p.item ->> 'type' = 'text'), '')
  from jsonb_array_elements(case when jsonb_typeof(parts) = 'array' then parts else '[]' end) with ordinality as p (item, place);
$$;
comment on function app_private.text_of_parts(jsonb) is 'The texts of the parts of the type "text", with an empty line between them.';
-- Deliberately not granted: app_public.save_messages calls it.
