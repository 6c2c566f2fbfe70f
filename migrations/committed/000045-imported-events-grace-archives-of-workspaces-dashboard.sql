--! Previous: sha1:27f943dae7ad368c29cb1e3e5c331b744e221d29
--! Hash: sha1:3e0f805470be7ba20158ece01b0b13a53d9606a2
--! Message: imported events, grace, archives of workspaces, dashboard

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 10-imported-events.sql
-- What somebody imported is content, and has a kind of retention of its own: without a policy it stays.
alter type app_public.retention_kind add value if not exists 'imported_events' after 'raw_events';
comment on type app_public.retention_kind is 'What a retention policy or a legal hold is about. hot_conversations and warm_conversations say how long a conversation rests before it is packed, and before it is cold: nothing is deleted by those.
@value conversations Conversations with their messages.
@value documents Documents.
@value files Files.
@value memory_items Memories.
@value raw_events Events of other systems, as they came in one by one.
@value imported_events Events that somebody imported: the messages of an export.
@value usage_logs What was used and what it cost.
@value audit_logs The audit log.
@value conversation_analytics Figures about conversations.
@value hot_conversations How long a conversation rests before it is packed.
@value warm_conversations How long a packed conversation rests before it is cold.';

alter table app_public.raw_events add column if not exists is_imported boolean generated always as (metadata ? 'importer') virtual;
comment on column app_public.raw_events.is_imported is
  'Whether somebody imported it, as the messages of an export; derived from metadata.importer. Retention keeps it as IMPORTED_EVENTS.';
-- serves: what retention ends of the events that came in by themselves, beside any number of imported ones
create index if not exists raw_events_came_in_idx on app_public.raw_events (workspace_id, id) where not (metadata ? 'importer');

drop function if exists app_private.due_raw_events(uuid, timestamptz, uuid, integer, uuid[]);

--! split: 20-grace.sql
-- Who leaves may come back for a while: the account is off at once, and what it has goes when the time is over.
-- changes rows of app_private.settings
alter table app_hidden.pending_erasures add column if not exists erase_after timestamptz;
alter table app_hidden.pending_erasures add column if not exists seen_due_at timestamptz;
alter table app_hidden.pending_erasures add column if not exists may_return boolean not null default true;
comment on column app_hidden.pending_erasures.erase_after is 'Until when the person may come back; null where nothing waited. While it waits its step is grace.';
comment on column app_hidden.pending_erasures.seen_due_at is
  'When a run saw that the time was over. The next one, half an hour later at the earliest, begins: a clock that jumped for a moment erases nobody.';
comment on column app_hidden.pending_erasures.may_return is 'Whether signing in takes it back; not when an administrator switched the account off meanwhile.';

do $attribute$
begin
  if not exists (
    select from pg_attribute a where a.attrelid = 'app_public.account_erasure'::regclass and a.attname = 'erase_after' and not a.attisdropped
  ) then
    alter type app_public.account_erasure add attribute erase_after timestamptz;
  end if;
end
$attribute$;
comment on column app_public.account_erasure.erase_after is 'Until when the person may come back by signing in; null where nothing waits or waited.';

insert into app_private.settings (name, value, unit, description) values
  ('account_grace_days', '14', 'days', 'How long who deleted the own account may come back by signing in, before anything is erased; 0: not at all.')
on conflict (name) do nothing;

drop function if exists app_private.begin_erasure(uuid, text, uuid);

--! split: 40-workspace-exports.sql
-- Archives of a workspace that those who manage it ask for: a job writes them as a private file of whoever asked, which ends by itself.
-- changes rows of app_private.settings
-- changes rows of app_public.file_type_configs
-- changes rows of app_public.audit_logs
insert into app_public.file_type_configs (mime_type, extensions, extractor, max_bytes, is_enabled) values
  ('application/gzip', '{gz,tgz}', 'none', 1099511627776, false)
on conflict do nothing;

create table if not exists app_public.workspace_exports (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  requested_by uuid not null,
  status app_public.processing_status not null default 'pending',
  row_count bigint not null default 0,
  file_id uuid,
  missing_file_count integer not null default 0,
  error text,
  error_code text,
  finished_at timestamptz,
  expires_at timestamptz,
  requested_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint workspace_exports_pkey primary key (id),
  constraint workspace_exports_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint workspace_exports_requested_by_fkey foreign key (requested_by) references app_public.users (id) on delete cascade,
  constraint workspace_exports_file_id_fkey foreign key (workspace_id, file_id) references app_public.files (workspace_id, id) on delete set null (file_id),
  constraint workspace_exports_id_version check (uuid_extract_version(id) = 7),
  constraint workspace_exports_row_count_positive check (row_count >= 0 and missing_file_count >= 0),
  constraint workspace_exports_error_length check (char_length(error) <= 2000),
  constraint workspace_exports_error_code_format check (error_code ~ '^CQ[0-9]{3}$'),
  constraint workspace_exports_error_of_failure check ((status = 'failed') = (error is not null) and (error is null) = (error_code is null)),
  constraint workspace_exports_ended check ((status = 'completed') = (expires_at is not null))
);
alter table app_public.workspace_exports enable row level security;
alter table app_public.workspace_exports force row level security;
-- serves: the archives of a workspace, newest first, how many were asked for in a day, and the cascade from workspaces
create index if not exists workspace_exports_workspace_id_idx on app_public.workspace_exports (workspace_id, id desc);
-- serves: the foreign key from users
create index if not exists workspace_exports_requested_by_idx on app_public.workspace_exports (requested_by);
-- serves: the foreign key from files
create index if not exists workspace_exports_file_id_idx on app_public.workspace_exports (workspace_id, file_id) where file_id is not null;
-- serves: archives whose time is over
create index if not exists workspace_exports_expires_at_idx on app_public.workspace_exports (expires_at) where file_id is not null;
comment on table app_public.workspace_exports is 'Archives of a workspace that were asked for (exportWorkspace): how far each is, and its file while there is one.';
comment on column app_public.workspace_exports.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.workspace_exports.workspace_id is 'The tenant.';
comment on column app_public.workspace_exports.requested_by is 'Who asked for it, and alone reads its file. In it is what this person may read.';
comment on column app_public.workspace_exports.status is 'How far it is.';
comment on column app_public.workspace_exports.row_count is 'Rows that are in it so far.';
comment on column app_public.workspace_exports.file_id is 'The archive, a private file of who asked for it: GET /files/ID with the token of a session. Null before, and when its time is over.';
comment on column app_public.workspace_exports.missing_file_count is 'Files whose bytes were not in the storage.';
comment on column app_public.workspace_exports.error is 'Why it failed; only when it did.';
comment on column app_public.workspace_exports.error_code is 'The stable code of that.';
comment on column app_public.workspace_exports.finished_at is 'When it was whole, or failed.';
comment on column app_public.workspace_exports.expires_at is 'When its file is removed.';
comment on column app_public.workspace_exports.requested_at is 'When it was asked for; derived from the id.';

insert into app_private.settings (name, value, unit, description) values
  ('workspace_export_hours', '24', 'hours', 'How long the archive of a workspace can be fetched that somebody asked for.'),
  ('workspace_exports_per_day', '3', 'count', 'How many archives of a workspace may be asked for in 24 hours.')
on conflict (name) do nothing;

--! split: 50-dashboard.sql
-- The dashboard of a year adds up days, not conversations of days: the summary says until when it is computed, too.
do $computed$
begin
  if not exists (
    select from pg_attribute a
    where a.attrelid = to_regclass('app_private.conversation_summary_stats') and a.attname = 'computed_at' and not a.attisdropped
  ) then
    drop materialized view if exists app_private.conversation_summary_stats;
  end if;
end
$computed$;
drop function if exists app_private.summary_rows();
create or replace function app_private.summary_days()
returns table (
  workspace_id uuid,
  day date,
  rag_configuration_id uuid,
  conversation_count integer,
  message_count bigint,
  assistant_message_count bigint,
  total_tokens bigint,
  cost_usd numeric,
  relevance_count bigint,
  total_relevance_score numeric,
  response_count bigint,
  total_response_time_ms bigint,
  positive_feedback bigint,
  neutral_feedback bigint,
  negative_feedback bigint,
  satisfaction_points numeric,
  computed_at timestamptz
)
language sql
stable
rows 10000
set search_path = pg_catalog, pg_temp
set row_security = on
as $$
  select
    a.workspace_id, a.day, a.rag_configuration_id, count(*)::integer, sum(a.message_count)::bigint, sum(a.assistant_message_count)::bigint,
    sum(a.total_tokens)::bigint, sum(a.cost_usd), sum(a.relevance_count)::bigint, sum(a.total_relevance_score), sum(a.response_count)::bigint,
    sum(a.total_response_time_ms)::bigint, sum(a.positive_feedback)::bigint, sum(a.neutral_feedback)::bigint, sum(a.negative_feedback)::bigint,
    sum(a.satisfaction_points), max(a.computed_at)
  from app_public.conversation_analytics a
  group by a.workspace_id, a.day, a.rag_configuration_id;
$$;
comment on function app_private.summary_days() is
  'The rows of the summary: what the conversations of each workspace add up to, per UTC day and configuration. Also while a dump is restored.';
create materialized view if not exists app_private.conversation_summary_stats as
select s.* from app_private.summary_days() as s
with data;
-- serves: the refresh beside readers, and the summary of a workspace over a range of days
create unique index if not exists conversation_summary_stats_key
on app_private.conversation_summary_stats (workspace_id, day, rag_configuration_id) nulls not distinct;
comment on materialized view app_private.conversation_summary_stats is 'What conversations add up to, per workspace, UTC day and configuration. Read through functions only.';
comment on column app_private.conversation_summary_stats.workspace_id is 'The tenant.';
comment on column app_private.conversation_summary_stats.day is 'The UTC day.';
comment on column app_private.conversation_summary_stats.rag_configuration_id is 'The configuration; null when it is gone.';
comment on column app_private.conversation_summary_stats.conversation_count is 'Conversations with messages.';
comment on column app_private.conversation_summary_stats.message_count is 'Messages.';
comment on column app_private.conversation_summary_stats.assistant_message_count is 'Answers.';
comment on column app_private.conversation_summary_stats.total_tokens is 'Tokens.';
comment on column app_private.conversation_summary_stats.cost_usd is 'Cost in US dollars.';
comment on column app_private.conversation_summary_stats.relevance_count is 'Messages with a relevance score.';
comment on column app_private.conversation_summary_stats.total_relevance_score is 'Sum of their relevance scores.';
comment on column app_private.conversation_summary_stats.response_count is 'Messages with a response time.';
comment on column app_private.conversation_summary_stats.total_response_time_ms is 'Sum of their response times in milliseconds.';
comment on column app_private.conversation_summary_stats.positive_feedback is 'Thumbs up.';
comment on column app_private.conversation_summary_stats.neutral_feedback is 'Feedback that is neither.';
comment on column app_private.conversation_summary_stats.negative_feedback is 'Thumbs down.';
comment on column app_private.conversation_summary_stats.satisfaction_points is 'Sum of the satisfaction of each feedback, 0 to 1.';
comment on column app_private.conversation_summary_stats.computed_at is 'When the last of it was computed.';

-- serves: the figures of a workspace over a range of days, and how many conversations there were, from the index alone
create index if not exists conversation_analytics_day_conversation_idx on app_public.conversation_analytics (workspace_id, day desc, conversation_id);
-- the one above serves what it served
-- squawk-ignore require-concurrent-index-deletion
drop index if exists app_public.conversation_analytics_day_idx;
-- serves: whether somebody wrote in a workspace in a range of days
create index if not exists user_activity_workspace_user_idx on app_hidden.user_activity (workspace_id, user_id, day);
