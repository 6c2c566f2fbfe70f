-- For a text that names no language of its own.
create or replace function app_private.workspace_language(workspace uuid)
returns app_public.text_search_language
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select w.text_search_language from app_public.workspaces w where w.id = workspace;
$$;
comment on function app_private.workspace_language(uuid) is 'The language of texts in a workspace that name none.';
