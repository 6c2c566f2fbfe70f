-- Runs with the caller's rights: the policy and the column grants of rag_configurations decide.
create or replace function app_public.create_rag_configuration(
  name text,
  description text default null,
  system_prompt text default null,
  model_provider text default null,
  model_name text default null,
  temperature numeric default 0.7,
  max_tokens integer default 2048,
  chunks_to_retrieve integer default 5,
  similarity_threshold real default 0,
  retrieval_type app_public.search_mode default 'hybrid'
)
returns app_public.rag_configurations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.rag_configurations;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.rag_configurations (
    workspace_id, created_by, name, description, system_prompt, model_provider, model_name, temperature, max_tokens, chunks_to_retrieve,
    similarity_threshold, retrieval_type
  )
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), trim(name), description, system_prompt, model_provider, model_name,
    coalesce(temperature, 0.7), coalesce(max_tokens, 2048), coalesce(chunks_to_retrieve, 5), coalesce(similarity_threshold, 0),
    coalesce(retrieval_type, 'hybrid')
  )
  returning * into result;
  return result;
end
$$;
comment on function app_public.create_rag_configuration(text, text, text, text, text, numeric, integer, integer, real, app_public.search_mode) is
  'Makes a configuration in the current workspace. Errors: CQ101, CQ109, CQ200 a value out of range or the name taken, CQ403 not an owner or admin of the workspace.';
grant execute on function app_public.create_rag_configuration(text, text, text, text, text, numeric, integer, integer, real, app_public.search_mode)
  to colloquy_user, colloquy_admin;
