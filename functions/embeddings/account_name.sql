-- Who spoke stands with a message, so that it is found by that name.
create or replace function app_private.account_name(account app_public.users)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(account.display_name, nullif(concat_ws(' ', account.first_name, account.last_name), ''), account.username::text);
$$;
comment on function app_private.account_name(app_public.users) is 'What a person is called by others; null when they have given no name.';
