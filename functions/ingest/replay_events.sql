-- Has any event of the workspace processed again, not only failed ones: after a better summariser, or another way to read a source.
create or replace function app_public.replay_events(
  source text default null,
  ids uuid[] default null,
  ingested_from timestamptz default null,
  ingested_to timestamptz default null,
  after_id uuid default null,
  max_events integer default 1000
)
returns app_public.event_replay
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_manager();
  return app_hidden.request_replay(
    app_hidden.current_workspace_id(), replay_events.source, replay_events.ids, replay_events.ingested_from, replay_events.ingested_to,
    replay_events.after_id, replay_events.max_events
  );
end
$$;
comment on function app_public.replay_events(text, uuid[], timestamptz, timestamptz, uuid, integer) is
  'Has events of the workspace processed again, at most maxEvents of those after afterId. What was found of them before is found until the new takes its place. Errors: CQ101, CQ109, CQ110, CQ114 not a manager of the workspace, CQ200 not acceptable.';
grant execute on function app_public.replay_events(text, uuid[], timestamptz, timestamptz, uuid, integer) to colloquy_user, colloquy_admin;
