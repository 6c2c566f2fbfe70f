-- Counts what texts take of the quota of their workspace, by statement.
create or replace function app_private.count_content_storage()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  sign integer := case tg_op when 'DELETE' then -1 else 1 end;
begin
  perform app_private.count_storage(c.workspace_id, sign * sum(octet_length(c.content))::bigint, sign * count(*))
  from changed_rows c
  group by c.workspace_id;
  return null;
end
$$;
comment on function app_private.count_content_storage() is 'Trigger: keeps workspace_storage. Raises CQ222, CQ223.';

create or replace trigger documents_15_storage_inserted after insert on app_public.documents
referencing new table as changed_rows for each statement execute function app_private.count_content_storage();
create or replace trigger documents_15_storage_deleted after delete on app_public.documents
referencing old table as changed_rows for each statement execute function app_private.count_content_storage();

create or replace trigger memory_items_15_storage_inserted after insert on app_public.memory_items
referencing new table as changed_rows for each statement execute function app_private.count_content_storage();
create or replace trigger memory_items_15_storage_deleted after delete on app_public.memory_items
referencing old table as changed_rows for each statement execute function app_private.count_content_storage();

create or replace trigger agent_checkpoints_15_storage_inserted after insert on app_hidden.agent_checkpoints
referencing new table as changed_rows for each statement execute function app_private.count_content_storage();
create or replace trigger agent_checkpoints_15_storage_deleted after delete on app_hidden.agent_checkpoints
referencing old table as changed_rows for each statement execute function app_private.count_content_storage();

create or replace trigger agent_checkpoint_writes_15_storage_inserted after insert on app_hidden.agent_checkpoint_writes
referencing new table as changed_rows for each statement execute function app_private.count_content_storage();
create or replace trigger agent_checkpoint_writes_15_storage_deleted after delete on app_hidden.agent_checkpoint_writes
referencing old table as changed_rows for each statement execute function app_private.count_content_storage();
