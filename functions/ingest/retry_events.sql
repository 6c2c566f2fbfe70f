-- Gives failed events another five attempts, say when the summariser is well again. It takes nothing but failed ones.
create or replace function app_public.retry_events(source text default null)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  tried integer;
begin
  perform app_private.require_manager();
  with again as (
    update app_public.raw_events e
    set processing_status = 'pending', attempts = 0, retry_at = null, error = null, processed_at = null
    where e.workspace_id = workspace and e.processing_status = 'failed' and (retry_events.source is null or e.source = retry_events.source)
    returning e.source
  ),
  sources as (
    select a.source, count(*) as events,
      app_hidden.enqueue(
        'process-events', jsonb_build_object('workspaceId', workspace, 'source', a.source), workspace || ':' || a.source, workspace::text
      )
    from again a
    group by a.source
  )
  select coalesce(sum(s.events), 0) into tried from sources s;
  return tried;
end
$$;
comment on function app_public.retry_events(text) is
  'Has the failed events of the workspace processed again, of one source or of all. Returns how many. Errors: CQ101, CQ109, CQ110, CQ114 not a manager of the workspace.';
grant execute on function app_public.retry_events(text) to colloquy_user, colloquy_admin;
