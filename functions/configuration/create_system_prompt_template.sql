-- Runs with the caller's rights: the policy and the column grants of system_prompt_templates decide.
create or replace function app_public.create_system_prompt_template(
  name text,
  template text,
  category text default null,
  variables jsonb default '[]',
  is_public boolean default false
)
returns app_public.system_prompt_templates
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.system_prompt_templates;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.system_prompt_templates (workspace_id, owner_id, name, category, template, variables, is_public)
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), trim(name), nullif(trim(category), ''), template,
    coalesce(variables, '[]'), coalesce(is_public, false)
  )
  returning * into result;
  return result;
end
$$;
comment on function app_public.create_system_prompt_template(text, text, text, jsonb, boolean) is
  'Makes a template of a system prompt in the current workspace. Errors: CQ101, CQ109, CQ200 a value out of range.';
grant execute on function app_public.create_system_prompt_template(text, text, text, jsonb, boolean) to colloquy_user, colloquy_admin;
