-- Every new workspace, personal or shared, has a default configuration from its first moment. Security definer: whoever makes a
-- workspace is not a manager of it yet.
create or replace function app_private.add_default_rag_configurations()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_public.rag_configurations (workspace_id, name, description, system_prompt, is_default)
  select
    w.id, 'Default', 'What conversations use that name no other.',
    'Answer from the sources that you are given, and say so when they do not hold the answer.', true
  from new_workspaces w;
  return null;
end
$$;
comment on function app_private.add_default_rag_configurations() is 'Trigger: gives new workspaces their default configuration.';

create or replace trigger workspaces_10_default_configuration
after insert on app_public.workspaces
referencing new table as new_workspaces
for each statement execute function app_private.add_default_rag_configurations();
