--! Previous: sha1:1aa0ad48640c148d14420c688d4a62409ad9ed9a
--! Hash: sha1:e3337a9b04f448cadaf3c7d16dc02b9a65169bc8
--! Message: events and webhooks

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 30-events.sql
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

-- Webhooks: what happens in a workspace, told to an address that its managers name.
do $$
begin
  if to_regtype('app_public.webhook_delivery_status') is null then
    create type app_public.webhook_delivery_status as enum ('waiting', 'delivered', 'dead');
    create type app_public.new_webhook as (webhook_id uuid, url text, kinds text[], secret text);
    create type app_private.happening as (workspace_id uuid, kind text, facts jsonb);
  end if;
end
$$;
comment on type app_public.webhook_delivery_status is 'How far a delivery is: it waits for its next attempt, was accepted, or was given up.';
comment on type app_public.new_webhook is 'A webhook with its secret, which is shown this once.';
comment on column app_public.new_webhook.webhook_id is 'The webhook.';
comment on column app_public.new_webhook.url is 'Where it delivers to.';
comment on column app_public.new_webhook.kinds is 'What it delivers.';
comment on column app_public.new_webhook.secret is 'What signatures are made with. Keep it: it is not shown again.';
comment on type app_private.happening is 'Something that webhooks may tell.';
comment on column app_private.happening.workspace_id is 'Where it happened.';
comment on column app_private.happening.kind is 'What happened.';
comment on column app_private.happening.facts is 'Ids of things and small facts; never of people, and no text of theirs.';

create table if not exists app_public.webhooks (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  responsible_id uuid,
  url text not null,
  description text not null default '',
  kinds text[] not null,
  include_content boolean not null default false,
  is_active boolean not null default true,
  disabled_reason text,
  failures integer not null default 0,
  failing_since timestamptz,
  last_error text,
  last_delivered_at timestamptz,
  paused_until timestamptz,
  limited_until timestamptz,
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint webhooks_pkey primary key (id),
  constraint webhooks_workspace_id_id_key unique (workspace_id, id),
  constraint webhooks_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint webhooks_responsible_id_fkey foreign key (responsible_id) references app_public.users (id) on delete set null,
  constraint webhooks_id_version check (uuid_extract_version(id) = 7),
  constraint webhooks_url_form check (url ~ '^https?://[^/?#@\s]+' and char_length(url) <= 2000),
  constraint webhooks_description_length check (char_length(description) <= 500),
  constraint webhooks_kinds_length check (cardinality(kinds) between 1 and 50),
  constraint webhooks_failures_positive check (failures >= 0)
);
alter table app_public.webhooks enable row level security;
alter table app_public.webhooks force row level security;
-- serves: the foreign key from users
create index if not exists webhooks_responsible_id_idx on app_public.webhooks (responsible_id);
comment on table app_public.webhooks is 'An address that is told what happens in the workspace. For its owners and admins; written by functions only.';
comment on column app_public.webhooks.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.webhooks.workspace_id is 'The tenant.';
comment on column app_public.webhooks.responsible_id is 'The owner or admin who made or last changed it. It rests while that person is none, or the account is off.';
comment on column app_public.webhooks.url is 'Where deliveries go.';
comment on column app_public.webhooks.description is 'What it is for.';
comment on column app_public.webhooks.kinds is 'What is delivered, as message.created; * for everything.';
comment on column app_public.webhooks.include_content is 'Whether texts and titles are delivered, too.';
comment on column app_public.webhooks.is_active is 'Whether it is on. It is switched off by itself when deliveries fail for days.';
comment on column app_public.webhooks.disabled_reason is 'Why it was switched off by itself.';
comment on column app_public.webhooks.failures is 'Attempts that failed since the last that was accepted.';
comment on column app_public.webhooks.failing_since is 'When the first of those was; null when the last attempt was accepted.';
comment on column app_public.webhooks.last_error is 'Why the last attempt failed.';
comment on column app_public.webhooks.last_delivered_at is 'When a delivery was last accepted.';
comment on column app_public.webhooks.paused_until is 'Nothing is tried before, since attempts failed.';
comment on column app_public.webhooks.limited_until is 'Nothing is noted for it before, since the workspace had its deliveries of a day.';
comment on column app_public.webhooks.updated_at is 'When somebody changed it.';
comment on column app_public.webhooks.created_at is 'When it was made; derived from the id.';

create table if not exists app_private.webhook_secrets (
  webhook_id uuid not null,
  secret bytea not null,
  previous_secret bytea,
  previous_until timestamptz,
  constraint webhook_secrets_pkey primary key (webhook_id),
  constraint webhook_secrets_webhook_id_fkey foreign key (webhook_id) references app_public.webhooks (id) on delete cascade,
  constraint webhook_secrets_secret_length check (octet_length(secret) = 32),
  constraint webhook_secrets_previous check (octet_length(previous_secret) = 32 and previous_until is not null or num_nulls(previous_secret, previous_until) = 2)
);
alter table app_private.webhook_secrets enable row level security;
alter table app_private.webhook_secrets force row level security;
comment on table app_private.webhook_secrets is 'Keys that webhooks are signed with. To be protected as password hashes are: who reads one can sign.';
comment on column app_private.webhook_secrets.webhook_id is 'The webhook.';
comment on column app_private.webhook_secrets.secret is 'The key, 256 random bits.';
comment on column app_private.webhook_secrets.previous_secret is 'The one before it, which signs, too, for a day.';
comment on column app_private.webhook_secrets.previous_until is 'Until when it does.';

create table if not exists app_public.webhook_deliveries (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  webhook_id uuid not null,
  kind text not null,
  facts jsonb not null,
  status app_public.webhook_delivery_status not null default 'waiting',
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  give_up_at timestamptz not null,
  last_status integer,
  last_error text,
  ended_at timestamptz,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint webhook_deliveries_pkey primary key (id),
  constraint webhook_deliveries_webhook_id_fkey foreign key (workspace_id, webhook_id)
    references app_public.webhooks (workspace_id, id) on delete cascade,
  constraint webhook_deliveries_id_version check (uuid_extract_version(id) = 7),
  constraint webhook_deliveries_attempts_positive check (attempts >= 0),
  constraint webhook_deliveries_ended check ((status = 'waiting') = (ended_at is null))
);
alter table app_public.webhook_deliveries enable row level security;
alter table app_public.webhook_deliveries force row level security;
-- serves: the deliveries of a webhook, newest first, and the foreign key
create index if not exists webhook_deliveries_webhook_id_idx on app_public.webhook_deliveries (workspace_id, webhook_id, id desc);
-- serves: what is due
create index if not exists webhook_deliveries_waiting_idx on app_public.webhook_deliveries (webhook_id, next_attempt_at) where status = 'waiting';
-- serves: how many a workspace had in a day
create index if not exists webhook_deliveries_workspace_id_idx on app_public.webhook_deliveries (workspace_id, id);
comment on table app_public.webhook_deliveries is 'What a webhook tells, written in the transaction in which it happened. It holds ids and small facts: texts are read when it is sent, and never kept here.';
comment on column app_public.webhook_deliveries.id is 'Time-ordered identifier (UUID version 7); the webhook-id of every attempt.';
comment on column app_public.webhook_deliveries.workspace_id is 'The tenant.';
comment on column app_public.webhook_deliveries.webhook_id is 'The webhook.';
comment on column app_public.webhook_deliveries.kind is 'What happened.';
comment on column app_public.webhook_deliveries.facts is 'Ids of things, and small facts.';
comment on column app_public.webhook_deliveries.status is 'How far it is.';
comment on column app_public.webhook_deliveries.attempts is 'How often it was tried.';
comment on column app_public.webhook_deliveries.next_attempt_at is 'Not tried before; while it is tried, when another worker may.';
comment on column app_public.webhook_deliveries.give_up_at is 'It is given up then.';
comment on column app_public.webhook_deliveries.last_status is 'HTTP status of the last answer; null when there was none.';
comment on column app_public.webhook_deliveries.last_error is 'Why the last attempt failed.';
comment on column app_public.webhook_deliveries.ended_at is 'When it was accepted or given up.';
comment on column app_public.webhook_deliveries.created_at is 'When it happened; derived from the id.';

-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
insert into app_private.settings (name, value, unit, description) values
  ('webhooks_per_workspace', '20', 'count', 'Webhooks that a workspace may have.'),
  ('webhook_deliveries_per_day', '50000', 'count', 'Deliveries of a workspace in 24 hours after which no more are noted.'),
  ('webhook_attempts', '20', 'count', 'Attempts after which a delivery is given up.'),
  ('webhook_give_up_hours', '72', 'hours', 'Time after which a delivery that was not accepted is given up.'),
  ('webhook_disable_hours', '120', 'hours', 'Time for which every attempt failed after which a webhook is switched off.'),
  ('webhook_delivery_days', '30', 'days', 'How long deliveries are kept that were accepted or given up.')
on conflict (name) do nothing;
