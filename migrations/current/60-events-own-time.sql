-- What a message says is found by its own time, by those who may read it.
alter table app_public.raw_events add column if not exists visibility app_public.visibility not null default 'workspace';
comment on column app_public.raw_events.visibility is 'Who reads it: every member, or who brought it in.';

alter table app_public.chunks add column if not exists occurred_at timestamptz;
comment on column app_public.chunks.occurred_at is
  'When what it says happened, of an event that tells; else its source''s id does. Never later than when the event came in.';

drop function if exists app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric, text);
drop function if exists app_private.store_event_passage(app_public.raw_events, text, text, integer, real, text);
drop function if exists app_hidden.claim_events(uuid, text, integer, interval, integer);
drop function if exists app_public.ingest_event(text, text, jsonb, text, jsonb);
