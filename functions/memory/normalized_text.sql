-- The form in which memories are compared: what differs only in case, spaces or a full stop at the end is the same.
-- Declared immutable for generated columns, as lower() is: it follows the collation of the database.
create or replace function app_hidden.normalized_text(content text)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select lower(regexp_replace(regexp_replace(trim(regexp_replace(content, '\s+', ' ', 'g')), '(?<=.)[.!]+$', ''), '\s+$', ''));
$$;
comment on function app_hidden.normalized_text(text) is 'A text in lower case, with single spaces and without a full stop at the end: what near-duplicates have in common.';
