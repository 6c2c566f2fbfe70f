-- What stands around a message is cut to some characters, and a cut word would find what it does not mean.
create or replace function app_private.beginning_of(content text, characters integer)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case when char_length(content) > characters then regexp_replace(left(content, characters), '\s\S{0,30}$', '') else content end;
$$;
comment on function app_private.beginning_of(text, integer) is 'At most so many characters from the beginning of a text, ending with a whole word where there are words.';
