-- bcrypt reads 72 bytes and ignores the rest without a word: what is longer is refused before (require_good_password).
create or replace function app_private.hash_password(password text)
returns text
language sql
set search_path = pg_catalog, extensions, pg_temp
as $$
  select crypt(password, gen_salt('bf', app_hidden.setting('password_hash_cost')::integer));
$$;
comment on function app_private.hash_password(text) is 'bcrypt hash of a password.';
