-- After each update statement: keeps what the changed configurations were before. Security definer: nobody may write the history.
create or replace function app_private.keep_rag_configuration_versions()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_public.rag_configuration_versions (workspace_id, rag_configuration_id, old_values, replaced_by)
  select o.workspace_id, o.id, to_jsonb(o), app_hidden.current_user_id()
  from old_configurations o
  join new_configurations n on n.id = o.id
  where to_jsonb(o) - 'updated_at' - 'created_by' <> to_jsonb(n) - 'updated_at' - 'created_by';
  return null;
end
$$;
comment on function app_private.keep_rag_configuration_versions() is 'Trigger: keeps the old values of edited configurations.';

create or replace trigger rag_configurations_10_keep_version
after update on app_public.rag_configurations
referencing old table as old_configurations new table as new_configurations
for each statement execute function app_private.keep_rag_configuration_versions();
