-- A job must never remove bytes that a file has, or is just getting: register_file takes this lock shared until its transaction
-- ends, the job takes it alone.
create or replace function app_private.content_lock(storage_path text)
returns bigint
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select hashtextextended(storage_path, 5640871);
$$;
comment on function app_private.content_lock(text) is 'The advisory lock of a content.';
