-- What a person calls a passkey.
create or replace function app_private.require_passkey_name(name text)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if coalesce(char_length(trim(name)), 0) not between 1 and 100 then
    raise exception 'The name of a passkey has 1 to 100 characters.' using errcode = 'CQ200', hint = 'Call it by the device: "my phone".', column = 'name';
  end if;
end
$$;
comment on function app_private.require_passkey_name(text) is 'Raises CQ200 for a name that is empty or too long.';
