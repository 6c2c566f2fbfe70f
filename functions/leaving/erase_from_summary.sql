-- The figures of workspaces that are gone would stand in the summary until the night.
create or replace function app_private.erase_from_summary()
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.refresh_summary_stats();
  return null;
end
$$;
comment on function app_private.erase_from_summary() is 'Refreshes the summary of conversations once.';
