-- The only way to read the materialized view of the summary. A materialized view has no policies, so it lives where no
-- request role can come, and this function asks it for the caller's workspace alone.
create or replace function app_public.conversation_summary_stats(from_day date default null, to_day date default null)
returns setof app_public.conversation_summary
language plpgsql
stable
security definer
rows 100
set search_path = pg_catalog, pg_temp
as $$
declare
  first_day date;
  last_day date;
begin
  select d.from_day, d.to_day into first_day, last_day from app_private.require_days(conversation_summary_stats.from_day, conversation_summary_stats.to_day) as d;
  return query
  select
    s.day, s.rag_configuration_id, s.conversation_count, s.message_count, round(s.message_count::numeric / s.conversation_count, 2),
    s.total_tokens, round(s.total_tokens::numeric / s.conversation_count, 2), s.cost_usd,
    round(s.total_relevance_score / nullif(s.relevance_count, 0), 4),
    round(s.total_response_time_ms::numeric / nullif(s.response_count, 0))::integer,
    s.positive_feedback, s.negative_feedback,
    round(s.positive_feedback::numeric / nullif(s.positive_feedback + s.negative_feedback, 0), 4),
    round(s.satisfaction_points / nullif(s.positive_feedback + s.neutral_feedback + s.negative_feedback, 0), 4)
  from app_private.conversation_summary_stats s
  where s.workspace_id = app_hidden.current_workspace_id()
    and s.day between first_day and last_day
  order by s.day desc, s.rag_configuration_id;
end
$$;
comment on function app_public.conversation_summary_stats(date, date) is
  'What the conversations of the workspace add up to per UTC day and configuration, newest day first, both days included, the last 30 days without any; as of the last nightly run. Errors: CQ101, CQ110, CQ200 no range of at most three years, CQ204 no such workspace of yours.';
grant execute on function app_public.conversation_summary_stats(date, date) to colloquy_user, colloquy_admin;
