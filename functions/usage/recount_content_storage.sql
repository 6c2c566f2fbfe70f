-- Counts what a change of texts makes of the quota of the workspace, by statement. Apart from count_content_storage: its transition tables
-- are others.
create or replace function app_private.recount_content_storage()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.count_storage(x.workspace_id, sum(x.bytes)::bigint, 0)
  from (
    select n.workspace_id, octet_length(n.content) as bytes from new_rows n
    union all
    select o.workspace_id, -(octet_length(o.content)) from old_rows o
  ) as x
  group by x.workspace_id
  having sum(x.bytes) <> 0;
  return null;
end
$$;
comment on function app_private.recount_content_storage() is 'Trigger: keeps workspace_storage. Raises CQ222.';

create or replace trigger documents_16_storage after update on app_public.documents
referencing old table as old_rows new table as new_rows for each statement execute function app_private.recount_content_storage();

create or replace trigger memory_items_16_storage after update on app_public.memory_items
referencing old table as old_rows new table as new_rows for each statement execute function app_private.recount_content_storage();

create or replace trigger agent_checkpoints_16_storage after update on app_hidden.agent_checkpoints
referencing old table as old_rows new table as new_rows for each statement execute function app_private.recount_content_storage();

create or replace trigger agent_checkpoint_writes_16_storage after update on app_hidden.agent_checkpoint_writes
referencing old table as old_rows new table as new_rows for each statement execute function app_private.recount_content_storage();
