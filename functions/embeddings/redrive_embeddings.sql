-- Gives chunks of a workspace that failed another life: as many attempts as in the beginning, at once. For those who manage
-- the workspace. Called again while they wait, it does nothing worse than to ask again.
create or replace function app_public.redrive_embeddings()
returns app_public.redriven_embeddings
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_manager();
  return app_hidden.redrive_embeddings(app_hidden.current_workspace_id());
end
$$;
comment on function app_public.redrive_embeddings() is
  'Has everything of this workspace that could not be embedded, or cut into chunks, tried again at once. Errors: CQ101, CQ109, CQ110, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.redrive_embeddings() to colloquy_user, colloquy_admin;
