-- Wakes the job that delivers for a workspace. Of several transactions at once only the first puts the job down: the others would
-- wait for it, since one job waits per workspace. What the job does not see yet, the sweep of the next minute does.
create or replace function app_private.wake_webhooks(for_workspace uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if pg_try_advisory_xact_lock(hashtextextended('webhooks ' || for_workspace, 0)) then
    perform app_hidden.enqueue('deliver-webhooks', jsonb_build_object('workspaceId', for_workspace), for_workspace::text, for_workspace::text);
  end if;
end
$$;
comment on function app_private.wake_webhooks(uuid) is 'Puts the job that delivers the webhooks of a workspace into the queue, and never waits for anybody who does the same.';
