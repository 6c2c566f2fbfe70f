-- Counts what answers that are being written take of the quota of their workspace, as messages_15_storage does when they are done: an
-- answer must not be a way around the quota.
create or replace function app_private.count_streaming_storage()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  sign integer := case tg_op when 'DELETE' then -1 else 1 end;
begin
  perform app_private.count_storage(c.workspace_id, sign * sum(octet_length(c.content))::bigint, 0)
  from changed_rows c
  group by c.workspace_id;
  return null;
end
$$;
comment on function app_private.count_streaming_storage() is 'Trigger: keeps workspace_storage. Raises CQ222.';

create or replace trigger streaming_parts_15_storage_inserted after insert on app_hidden.streaming_parts
referencing new table as changed_rows for each statement execute function app_private.count_streaming_storage();
create or replace trigger streaming_parts_15_storage_deleted after delete on app_hidden.streaming_parts
referencing old table as changed_rows for each statement execute function app_private.count_streaming_storage();
