-- The first line of what makes and removes sample content. It refuses where the setting "environment" is anything but
-- development, so that no slip can write into, or delete from, what people use.
create or replace function app_private.require_development()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if app_hidden.setting('environment') <> 'development' then
    raise exception 'This is not a development database.' using errcode = 'CQ243',
      hint = 'Only where it is one: update app_private.settings set value = ''development'' where name = ''environment''.';
  end if;
end
$$;
comment on function app_private.require_development() is 'Raises CQ243 unless the setting "environment" says development.';
