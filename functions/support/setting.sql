-- Reads one setting. Security definer: app_private.settings is closed to everyone else.
-- Raises CQ002 when the setting does not exist, since a rule without its number must not guess.
create or replace function app_hidden.setting(setting_name text)
returns text
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result text;
begin
  select value into result from app_private.settings where name = setting_name;
  if result is null then
    raise exception 'There is no setting "%".', setting_name using errcode = 'CQ002', hint = 'Run the migrations: npm run migrate.';
  end if;
  return result;
end
$$;
comment on function app_hidden.setting(text) is 'The value of a setting, as text. Raises CQ002 for an unknown name.';
-- Deliberately not granted to request roles: rules in security definer functions read it. Checks of the database compare with it; no
-- setting is a secret.
grant execute on function app_hidden.setting(text) to colloquy_monitor;
