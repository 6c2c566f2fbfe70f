-- What goes with a month that is dropped whole is in the audit log as what goes in batches is: an entry for each tenant.
create or replace function app_private.log_dropped_rows(parent_name text, partition_name text, upper_bound uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format(
    'select app_private.log_event(
       ''retention.applied'', null, r.workspace_id, ''retention'',
       new_values => jsonb_build_object(''kind'', %L, ''removed'', r.removed, ''before'', %L::timestamptz, ''partition'', %L)
     )
     from (select d.workspace_id, count(*) as removed from app_partitions.%I as d group by d.workspace_id) as r',
    parent_name, uuid_extract_timestamp(upper_bound), partition_name, partition_name
  );
end
$$;
comment on function app_private.log_dropped_rows(text, text, uuid) is
  'Writes into the audit log what each tenant loses with a partition that is dropped.';
-- Deliberately not granted: app_hidden.drop_partition calls it.
