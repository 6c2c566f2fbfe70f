-- Counts what conversation archive parts take of the quota of their workspace, by statement. Its
-- documents are compressed to about a quarter.
create or replace function app_private.count_conversation_archive_parts_storage()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  sign integer := case tg_op when 'DELETE' then -1 else 1 end;
begin
  perform app_private.count_storage(c.workspace_id, sign * sum(coalesce(octet_length(c.document), c.stored_bytes) / 4)::bigint, sign * coalesce(sum(c.row_count) filter (where c.packed = 'app_public.messages'::regclass), 0)::bigint)
  from changed_rows c
  group by c.workspace_id;
  return null;
end
$$;
comment on function app_private.count_conversation_archive_parts_storage() is 'Trigger: keeps workspace_storage. Raises CQ222, CQ223.';

create or replace trigger conversation_archive_parts_15_storage_inserted after insert on app_hidden.conversation_archive_parts
referencing new table as changed_rows for each statement execute function app_private.count_conversation_archive_parts_storage();
create or replace trigger conversation_archive_parts_15_storage_deleted after delete on app_hidden.conversation_archive_parts
referencing old table as changed_rows for each statement execute function app_private.count_conversation_archive_parts_storage();
