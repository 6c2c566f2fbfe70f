-- The figures of workspaces that are gone would stand in the summary until the night.
create or replace function app_private.erase_from_summary(erasure app_hidden.pending_erasures)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if erasure.progress ? 'refreshed' then
    return null;
  end if;
  perform app_hidden.refresh_summary_stats();
  update app_hidden.pending_erasures p set progress = '{"refreshed": true}' where p.id = erasure.id;
  return jsonb '{}';
end
$$;
comment on function app_private.erase_from_summary(app_hidden.pending_erasures) is 'Refreshes the summary of conversations once.';
