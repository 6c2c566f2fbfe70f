-- Making a repository runs with the caller's rights: the policies of repositories decide.
create or replace function app_public.create_repository(
  name text,
  source_type app_public.repository_source_type default 'upload',
  description text default null,
  repo_url text default null,
  visibility app_public.visibility default 'private',
  metadata jsonb default '{}'
)
returns app_public.repositories
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.repositories;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.repositories (workspace_id, owner_id, name, source_type, description, repo_url, visibility, metadata)
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), trim(name), coalesce(source_type, 'upload'), description, repo_url,
    coalesce(visibility, 'private'), coalesce(metadata, '{}')
  )
  on conflict (workspace_id, owner_id, name) do nothing
  returning * into result;
  if result.id is null then
    raise exception 'You have a repository of this name already.' using errcode = 'CQ240', hint = 'Choose another name.';
  end if;
  return result;
end
$$;
comment on function app_public.create_repository(text, app_public.repository_source_type, text, text, app_public.visibility, jsonb) is
  'Makes a repository. Errors: CQ101 not signed in, CQ109 read-only, CQ200 a value out of range, CQ240 the name is taken.';
grant execute on function app_public.create_repository(text, app_public.repository_source_type, text, text, app_public.visibility, jsonb)
  to colloquy_user, colloquy_admin;
