-- bcrypt reads 72 bytes and ignores the rest without a word, so a longer password is refused instead.
create or replace function app_private.hash_password(password text)
returns text
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
begin
  if password is null or char_length(password) < 8 or octet_length(password) > 72 then
    raise exception 'The password must have at least 8 characters and at most 72 bytes.' using errcode = 'CQ105', hint = 'Choose another password.';
  end if;
  return crypt(password, gen_salt('bf', app_hidden.setting('password_hash_cost')::integer));
end
$$;
comment on function app_private.hash_password(text) is 'bcrypt hash of a password. Raises CQ105 when it is too short or too long.';
