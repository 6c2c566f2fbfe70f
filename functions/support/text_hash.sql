-- SHA-256 of a text in UTF-8. convert_to() is only stable, since conversions can be redefined; this one is built in, and
-- generated columns need an immutable function.
create or replace function app_hidden.text_hash(content text)
returns bytea
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select sha256(convert_to(content, 'UTF8'));
$$;
comment on function app_hidden.text_hash(text) is 'SHA-256 of a text in UTF-8: 32 bytes.';
-- Deliberately granted to those who may write the generated column alone.
grant execute on function app_hidden.text_hash(text) to colloquy_user, colloquy_admin;
