-- Events: processed again on request.
alter table app_public.raw_events add column if not exists replay_requested_at timestamptz;
comment on column app_public.raw_events.replay_requested_at is
  'When replayEvents asked for it; null again when it was processed. What is new goes before it, and until then what it said before is found.';

do $$
begin
  if to_regtype('app_public.event_replay') is null then
    create type app_public.event_replay as (events integer, last_id uuid, waiting bigint);
  end if;
end
$$;
comment on type app_public.event_replay is 'What one call of replayEvents did.';
comment on column app_public.event_replay.events is 'Events that it put down to be processed again.';
comment on column app_public.event_replay.last_id is 'The last of them, from which the next call goes on; null when there are no more.';
comment on column app_public.event_replay.waiting is 'Events of the workspace that wait to be processed again.';
