-- A measurement asks what users asked, as they did: by app_public.search, which takes its caller from the session alone. It must never
-- be granted: nobody chooses who they are.
create or replace function app_private.act_as(user_id uuid, workspace_id uuid)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  select
    set_config('colloquy.user_id', coalesce(user_id::text, ''), true), set_config('colloquy.workspace_id', coalesce(workspace_id::text, ''), true),
    set_config('colloquy.scopes', '', true);
$$;
comment on function app_private.act_as(uuid, uuid) is 'Makes a user in a workspace the caller of the rest of this transaction, until it is called with nulls.';
