--! Previous: sha1:0e6337e167df491050be25f34fafecf1eb0ff5e5
--! Hash: sha1:4c7c789411571fc4d1e7808ad71f028a81402188
--! Message: analytics

--! split: 1-current.sql
-- Analytics: figures per conversation and UTC day, what they add up to, and which of them are out of date.

create type app_public.analytics_period as enum ('day', 'month');
comment on type app_public.analytics_period is 'What figures are added up over: a day or a month, in UTC.';

create table app_public.conversation_analytics (
  workspace_id uuid not null,
  conversation_id uuid not null,
  day date not null,
  rag_configuration_id uuid,
  message_count integer not null,
  user_message_count integer not null,
  assistant_message_count integer not null,
  system_message_count integer not null,
  tool_message_count integer not null,
  edit_count integer not null,
  regeneration_count integer not null,
  failed_count integer not null,
  relevance_count integer not null,
  total_relevance_score numeric(16, 6) not null,
  response_count integer not null,
  total_response_time_ms bigint not null,
  median_response_time_ms integer,
  p95_response_time_ms integer,
  prompt_tokens bigint not null,
  completion_tokens bigint not null,
  total_tokens bigint not null,
  cost_usd numeric(20, 6) not null,
  positive_feedback integer not null,
  neutral_feedback integer not null,
  negative_feedback integer not null,
  satisfaction_points numeric(12, 2) not null,
  peak_hour smallint not null,
  first_message_at timestamptz not null,
  last_message_at timestamptz not null,
  computed_at timestamptz not null default now(),
  avg_relevance_score numeric generated always as (round(total_relevance_score / nullif(relevance_count, 0), 4)) virtual,
  avg_response_time_ms integer generated always as (round(total_response_time_ms::numeric / nullif(response_count, 0))) virtual,
  feedback_ratio numeric generated always as (round(positive_feedback::numeric / nullif(positive_feedback + negative_feedback, 0), 4)) virtual,
  satisfaction_score numeric
    generated always as (round(satisfaction_points / nullif(positive_feedback + neutral_feedback + negative_feedback, 0), 4)) virtual,
  duration_seconds integer generated always as (floor(extract(epoch from last_message_at - first_message_at))) virtual,
  constraint conversation_analytics_pkey primary key (workspace_id, conversation_id, day),
  constraint conversation_analytics_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint conversation_analytics_rag_configuration_id_fkey foreign key (workspace_id, rag_configuration_id)
    references app_public.rag_configurations (workspace_id, id) on delete set null (rag_configuration_id),
  constraint conversation_analytics_message_count_positive check (message_count > 0),
  constraint conversation_analytics_peak_hour_range check (peak_hour between 0 and 23),
  constraint conversation_analytics_times_in_order check (first_message_at <= last_message_at)
);
alter table app_public.conversation_analytics enable row level security;
alter table app_public.conversation_analytics force row level security;
-- serves: the figures of a workspace over a range of days
create index conversation_analytics_day_idx on app_public.conversation_analytics (workspace_id, day desc);
-- serves: the figures of a configuration, and the foreign key from rag_configurations
create index conversation_analytics_rag_configuration_id_idx on app_public.conversation_analytics (workspace_id, rag_configuration_id, day desc);
comment on table app_public.conversation_analytics is 'Figures of a conversation on one UTC day on which it has messages. Computed by job, of what changed since; it stays as it is while the messages are packed away.';
comment on column app_public.conversation_analytics.workspace_id is 'The tenant.';
comment on column app_public.conversation_analytics.conversation_id is 'The conversation.';
comment on column app_public.conversation_analytics.day is 'The UTC day of the messages. Feedback counts on the day of its message, however late it comes.';
comment on column app_public.conversation_analytics.rag_configuration_id is 'The configuration in use; what is two days old keeps the one it has.';
comment on column app_public.conversation_analytics.message_count is 'Messages, of all branches.';
comment on column app_public.conversation_analytics.user_message_count is 'Messages of people.';
comment on column app_public.conversation_analytics.assistant_message_count is 'Answers.';
comment on column app_public.conversation_analytics.system_message_count is 'Messages of the system.';
comment on column app_public.conversation_analytics.tool_message_count is 'Messages of tools.';
comment on column app_public.conversation_analytics.edit_count is 'Messages of people that are edits of another one.';
comment on column app_public.conversation_analytics.regeneration_count is 'Answers that were made again.';
comment on column app_public.conversation_analytics.failed_count is 'Messages that failed.';
comment on column app_public.conversation_analytics.relevance_count is 'Messages with a relevance score.';
comment on column app_public.conversation_analytics.total_relevance_score is 'Sum of their relevance scores.';
comment on column app_public.conversation_analytics.response_count is 'Messages with a response time.';
comment on column app_public.conversation_analytics.total_response_time_ms is 'Sum of their response times in milliseconds.';
comment on column app_public.conversation_analytics.median_response_time_ms is 'Half of the answers took at most this long.';
comment on column app_public.conversation_analytics.p95_response_time_ms is '95 % of the answers took at most this long.';
comment on column app_public.conversation_analytics.prompt_tokens is 'Tokens read.';
comment on column app_public.conversation_analytics.completion_tokens is 'Tokens written.';
comment on column app_public.conversation_analytics.total_tokens is 'Tokens in all.';
comment on column app_public.conversation_analytics.cost_usd is 'Cost in US dollars.';
comment on column app_public.conversation_analytics.positive_feedback is 'Thumbs up.';
comment on column app_public.conversation_analytics.neutral_feedback is 'Feedback that is neither.';
comment on column app_public.conversation_analytics.negative_feedback is 'Thumbs down.';
comment on column app_public.conversation_analytics.satisfaction_points is 'Sum over the feedback of 0 to 1 each: the rating, or 1, 0.5 and 0 for thumbs up, neither and down.';
comment on column app_public.conversation_analytics.peak_hour is 'UTC hour with the most messages, the first of several.';
comment on column app_public.conversation_analytics.first_message_at is 'Time of the first message of the day.';
comment on column app_public.conversation_analytics.last_message_at is 'Time of the last message of the day.';
comment on column app_public.conversation_analytics.computed_at is 'When these figures changed last.';
comment on column app_public.conversation_analytics.avg_relevance_score is 'Mean relevance score.';
comment on column app_public.conversation_analytics.avg_response_time_ms is 'Mean response time in milliseconds.';
comment on column app_public.conversation_analytics.feedback_ratio is 'Share of thumbs up among the thumbs.';
comment on column app_public.conversation_analytics.satisfaction_score is 'Mean satisfaction, 0 to 1.';
comment on column app_public.conversation_analytics.duration_seconds is 'Seconds from the first message of the day to the last.';

create table app_hidden.user_activity (
  workspace_id uuid not null,
  conversation_id uuid not null,
  day date not null,
  user_id uuid not null,
  message_count integer not null,
  constraint user_activity_pkey primary key (workspace_id, conversation_id, day, user_id),
  constraint user_activity_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint user_activity_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint user_activity_message_count_positive check (message_count > 0)
);
alter table app_hidden.user_activity enable row level security;
alter table app_hidden.user_activity force row level security;
-- serves: who wrote in a workspace over a range of days
create index user_activity_day_idx on app_hidden.user_activity (workspace_id, day desc);
-- serves: the foreign key from users
create index user_activity_user_id_idx on app_hidden.user_activity (user_id);
comment on table app_hidden.user_activity is 'How many messages a person wrote in a conversation on a UTC day. Computed with conversation_analytics, shown by user_activity_summary.';
comment on column app_hidden.user_activity.workspace_id is 'The tenant.';
comment on column app_hidden.user_activity.conversation_id is 'The conversation.';
comment on column app_hidden.user_activity.day is 'The UTC day.';
comment on column app_hidden.user_activity.user_id is 'Who wrote.';
comment on column app_hidden.user_activity.message_count is 'Messages.';

create table app_hidden.analytics_changes (
  workspace_id uuid not null,
  conversation_id uuid not null,
  day date not null,
  noted_at timestamptz not null default now(),
  constraint analytics_changes_pkey primary key (workspace_id, conversation_id, day),
  constraint analytics_changes_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade
);
alter table app_hidden.analytics_changes enable row level security;
alter table app_hidden.analytics_changes force row level security;
comment on table app_hidden.analytics_changes is 'Days of conversations whose messages or feedback changed since their figures were computed. Written by trigger, in the transaction of the change.';
comment on column app_hidden.analytics_changes.workspace_id is 'The tenant.';
comment on column app_hidden.analytics_changes.conversation_id is 'The conversation.';
comment on column app_hidden.analytics_changes.day is 'The UTC day of the message that changed, or whose feedback did.';
comment on column app_hidden.analytics_changes.noted_at is 'When the first change began that is not computed yet: a run takes what was there when it began, and ends, also while others write.';

create table app_public.rag_configuration_performance (
  workspace_id uuid not null,
  rag_configuration_id uuid not null,
  period app_public.analytics_period not null,
  period_start date not null,
  conversation_count integer not null,
  message_count bigint not null,
  assistant_message_count bigint not null,
  total_usage_time_seconds bigint not null,
  relevance_count bigint not null,
  total_relevance_score numeric(20, 6) not null,
  response_count bigint not null,
  total_response_time_ms bigint not null,
  total_tokens bigint not null,
  cost_usd numeric(20, 6) not null,
  positive_feedback bigint not null,
  neutral_feedback bigint not null,
  negative_feedback bigint not null,
  satisfaction_points numeric(16, 2) not null,
  computed_at timestamptz not null default now(),
  period_end date generated always as (
    (period_start + case period when 'day' then interval '1 day' else interval '1 month' end)::date - 1
  ) stored,
  avg_relevance_score numeric generated always as (round(total_relevance_score / nullif(relevance_count, 0), 4)) virtual,
  avg_response_time_ms integer generated always as (round(total_response_time_ms::numeric / nullif(response_count, 0))) virtual,
  avg_tokens_per_response bigint generated always as (round(total_tokens::numeric / nullif(assistant_message_count, 0))) virtual,
  feedback_ratio numeric generated always as (round(positive_feedback::numeric / nullif(positive_feedback + negative_feedback, 0), 4)) virtual,
  satisfaction_score numeric
    generated always as (round(satisfaction_points / nullif(positive_feedback + neutral_feedback + negative_feedback, 0), 4)) virtual,
  constraint rag_configuration_performance_pkey primary key (workspace_id, rag_configuration_id, period, period_start),
  constraint rag_configuration_performance_rag_configuration_id_fkey foreign key (workspace_id, rag_configuration_id)
    references app_public.rag_configurations (workspace_id, id) on delete cascade,
  constraint rag_configuration_performance_month_begins check (period = 'day' or extract(day from period_start) = 1)
);
alter table app_public.rag_configuration_performance enable row level security;
alter table app_public.rag_configuration_performance force row level security;
-- serves: all configurations of a workspace side by side, newest period first
create index rag_configuration_performance_period_idx on app_public.rag_configuration_performance (workspace_id, period, period_start desc);
comment on table app_public.rag_configuration_performance is 'What the conversations of a configuration add up to, per UTC day and month. Computed by job from conversation_analytics.';
comment on column app_public.rag_configuration_performance.workspace_id is 'The tenant.';
comment on column app_public.rag_configuration_performance.rag_configuration_id is 'The configuration.';
comment on column app_public.rag_configuration_performance.period is 'day or month.';
comment on column app_public.rag_configuration_performance.period_start is 'First day of the period.';
comment on column app_public.rag_configuration_performance.conversation_count is 'Different conversations with messages in the period.';
comment on column app_public.rag_configuration_performance.message_count is 'Messages.';
comment on column app_public.rag_configuration_performance.assistant_message_count is 'Answers.';
comment on column app_public.rag_configuration_performance.total_usage_time_seconds is 'Sum, over conversations and days, of the seconds from the first message to the last.';
comment on column app_public.rag_configuration_performance.relevance_count is 'Messages with a relevance score.';
comment on column app_public.rag_configuration_performance.total_relevance_score is 'Sum of their relevance scores.';
comment on column app_public.rag_configuration_performance.response_count is 'Messages with a response time.';
comment on column app_public.rag_configuration_performance.total_response_time_ms is 'Sum of their response times in milliseconds.';
comment on column app_public.rag_configuration_performance.total_tokens is 'Tokens.';
comment on column app_public.rag_configuration_performance.cost_usd is 'Cost in US dollars.';
comment on column app_public.rag_configuration_performance.positive_feedback is 'Thumbs up.';
comment on column app_public.rag_configuration_performance.neutral_feedback is 'Feedback that is neither.';
comment on column app_public.rag_configuration_performance.negative_feedback is 'Thumbs down.';
comment on column app_public.rag_configuration_performance.satisfaction_points is 'Sum of the satisfaction of each feedback, 0 to 1.';
comment on column app_public.rag_configuration_performance.computed_at is 'When these figures changed last.';
comment on column app_public.rag_configuration_performance.period_end is 'Last day of the period.';
comment on column app_public.rag_configuration_performance.avg_relevance_score is 'Mean relevance score.';
comment on column app_public.rag_configuration_performance.avg_response_time_ms is 'Mean response time in milliseconds.';
comment on column app_public.rag_configuration_performance.avg_tokens_per_response is 'Tokens per answer.';
comment on column app_public.rag_configuration_performance.feedback_ratio is 'Share of thumbs up among the thumbs.';
comment on column app_public.rag_configuration_performance.satisfaction_score is 'Mean satisfaction, 0 to 1.';

-- Where no request role can come: a materialized view has no policies.
create materialized view app_private.conversation_summary_stats as
select
  a.workspace_id,
  a.day,
  a.rag_configuration_id,
  count(*)::integer as conversation_count,
  sum(a.message_count)::bigint as message_count,
  sum(a.assistant_message_count)::bigint as assistant_message_count,
  sum(a.total_tokens)::bigint as total_tokens,
  sum(a.cost_usd) as cost_usd,
  sum(a.relevance_count)::bigint as relevance_count,
  sum(a.total_relevance_score) as total_relevance_score,
  sum(a.response_count)::bigint as response_count,
  sum(a.total_response_time_ms)::bigint as total_response_time_ms,
  sum(a.positive_feedback)::bigint as positive_feedback,
  sum(a.neutral_feedback)::bigint as neutral_feedback,
  sum(a.negative_feedback)::bigint as negative_feedback,
  sum(a.satisfaction_points) as satisfaction_points
from app_public.conversation_analytics a
group by a.workspace_id, a.day, a.rag_configuration_id
with data;
-- serves: the refresh beside readers, and the summary of a workspace over a range of days
create unique index conversation_summary_stats_key on app_private.conversation_summary_stats (workspace_id, day, rag_configuration_id) nulls not distinct;
comment on materialized view app_private.conversation_summary_stats is 'What the conversations of a workspace add up to, per UTC day and configuration. Read through the function of the same name only.';
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

create type app_public.conversation_summary as (
  day date,
  rag_configuration_id uuid,
  conversation_count integer,
  message_count bigint,
  avg_messages_per_conversation numeric,
  total_tokens bigint,
  avg_tokens_per_conversation numeric,
  cost_usd numeric,
  avg_relevance_score numeric,
  avg_response_time_ms integer,
  positive_feedback bigint,
  negative_feedback bigint,
  feedback_ratio numeric,
  satisfaction_score numeric
);
comment on type app_public.conversation_summary is 'What the conversations of a workspace add up to on one UTC day, per configuration.';
comment on column app_public.conversation_summary.day is 'The UTC day.';
comment on column app_public.conversation_summary.rag_configuration_id is 'The configuration; null when it is gone.';
comment on column app_public.conversation_summary.conversation_count is 'Conversations with messages.';
comment on column app_public.conversation_summary.message_count is 'Messages.';
comment on column app_public.conversation_summary.avg_messages_per_conversation is 'Messages per conversation.';
comment on column app_public.conversation_summary.total_tokens is 'Tokens.';
comment on column app_public.conversation_summary.avg_tokens_per_conversation is 'Tokens per conversation.';
comment on column app_public.conversation_summary.cost_usd is 'Cost in US dollars.';
comment on column app_public.conversation_summary.avg_relevance_score is 'Mean relevance score.';
comment on column app_public.conversation_summary.avg_response_time_ms is 'Mean response time in milliseconds.';
comment on column app_public.conversation_summary.positive_feedback is 'Thumbs up.';
comment on column app_public.conversation_summary.negative_feedback is 'Thumbs down.';
comment on column app_public.conversation_summary.feedback_ratio is 'Share of thumbs up among the thumbs.';
comment on column app_public.conversation_summary.satisfaction_score is 'Mean satisfaction, 0 to 1.';

create type app_public.member_activity as (
  user_id uuid,
  member_role app_public.member_role,
  conversation_count bigint,
  message_count bigint,
  active_days bigint,
  last_active_day date,
  total_tokens bigint,
  cost_usd numeric
);
comment on type app_public.member_activity is 'What one member did in a workspace.';
comment on column app_public.member_activity.user_id is 'The member.';
comment on column app_public.member_activity.member_role is 'Role in the workspace.';
comment on column app_public.member_activity.conversation_count is 'Conversations that the member wrote in.';
comment on column app_public.member_activity.message_count is 'Messages that the member wrote.';
comment on column app_public.member_activity.active_days is 'UTC days on which the member wrote.';
comment on column app_public.member_activity.last_active_day is 'The last of them.';
comment on column app_public.member_activity.total_tokens is 'Tokens that the member used.';
comment on column app_public.member_activity.cost_usd is 'What they cost, in US dollars.';

create type app_public.workspace_figures as (
  conversation_count bigint,
  message_count bigint,
  answer_count bigint,
  active_members bigint,
  total_tokens bigint,
  cost_usd numeric,
  avg_relevance_score numeric,
  avg_response_time_ms integer,
  positive_feedback bigint,
  negative_feedback bigint,
  feedback_ratio numeric,
  satisfaction_score numeric,
  computed_at timestamptz
);
comment on type app_public.workspace_figures is 'The figures of a workspace over some days.';
comment on column app_public.workspace_figures.conversation_count is 'Different conversations with messages.';
comment on column app_public.workspace_figures.message_count is 'Messages.';
comment on column app_public.workspace_figures.answer_count is 'Messages of assistants.';
comment on column app_public.workspace_figures.active_members is 'Different people who wrote.';
comment on column app_public.workspace_figures.total_tokens is 'Tokens.';
comment on column app_public.workspace_figures.cost_usd is 'Cost in US dollars.';
comment on column app_public.workspace_figures.avg_relevance_score is 'Mean relevance score; null without any.';
comment on column app_public.workspace_figures.avg_response_time_ms is 'Mean response time in milliseconds; null without any.';
comment on column app_public.workspace_figures.positive_feedback is 'Thumbs up.';
comment on column app_public.workspace_figures.negative_feedback is 'Thumbs down.';
comment on column app_public.workspace_figures.feedback_ratio is 'Share of thumbs up among the thumbs; null without any.';
comment on column app_public.workspace_figures.satisfaction_score is 'Mean satisfaction, 0 to 1; null without feedback.';
comment on column app_public.workspace_figures.computed_at is 'When the newest of these figures changed; null without any.';
