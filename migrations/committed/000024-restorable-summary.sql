--! Previous: sha1:f9b47865e9d774a6b2689a87be605778e88a88c4
--! Hash: sha1:762759b1766f4ec41b1ab0c740d92ec00ad0d45f
--! Message: restorable summary

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 60-restorable.sql
-- A dump restores without an error. pg_restore sets row_security = off, so that a policy can never hide rows in silence; then the
-- refresh of a materialized view over a table whose policies hold for its owner too is refused. The rows of the summary come from a
-- function that sets it for itself: the owner's policies give all of them. As what a generated column calls, it is history, since
-- what is stored depends on it, and stands here alone.
create or replace function app_private.summary_rows()
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
  satisfaction_points numeric
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
    sum(a.satisfaction_points)
  from app_public.conversation_analytics a
  group by a.workspace_id, a.day, a.rag_configuration_id;
$$;
comment on function app_private.summary_rows() is
  'The rows of the summary: what the conversations of each workspace add up to, per UTC day and configuration. Also while a dump is restored.';

drop materialized view if exists app_private.conversation_summary_stats;
create materialized view app_private.conversation_summary_stats as
select s.* from app_private.summary_rows() as s
with data;
-- serves: the refresh beside readers, and the summary of a workspace over a range of days
create unique index conversation_summary_stats_key on app_private.conversation_summary_stats (workspace_id, day, rag_configuration_id) nulls not distinct;
comment on materialized view app_private.conversation_summary_stats is 'What conversations add up to, per workspace, UTC day and configuration. Read through its function only.';
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
