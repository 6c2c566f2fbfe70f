-- conversation_analytics added up per configuration, day and month. A month counts its conversations anew. Inlined: no settings.
create or replace function app_private.configuration_figures(first_day date)
returns table (
  workspace_id uuid, rag_configuration_id uuid, period app_public.analytics_period, period_start date, conversation_count integer,
  message_count bigint, assistant_message_count bigint, total_usage_time_seconds bigint, relevance_count bigint,
  total_relevance_score numeric, response_count bigint, total_response_time_ms bigint, total_tokens bigint, cost_usd numeric,
  positive_feedback bigint, neutral_feedback bigint, negative_feedback bigint, satisfaction_points numeric
)
language sql
stable
as $$
  select
    a.workspace_id, a.rag_configuration_id, g.period, g.period_start,
    count(distinct a.conversation_id)::integer as conversation_count,
    sum(a.message_count)::bigint as message_count,
    sum(a.assistant_message_count)::bigint as assistant_message_count,
    sum(a.duration_seconds)::bigint as total_usage_time_seconds,
    sum(a.relevance_count)::bigint as relevance_count,
    sum(a.total_relevance_score) as total_relevance_score,
    sum(a.response_count)::bigint as response_count,
    sum(a.total_response_time_ms)::bigint as total_response_time_ms,
    sum(a.total_tokens)::bigint as total_tokens,
    sum(a.cost_usd) as cost_usd,
    sum(a.positive_feedback)::bigint as positive_feedback,
    sum(a.neutral_feedback)::bigint as neutral_feedback,
    sum(a.negative_feedback)::bigint as negative_feedback,
    sum(a.satisfaction_points) as satisfaction_points
  from app_public.conversation_analytics a
  cross join lateral (
    values ('day'::app_public.analytics_period, a.day), ('month', date_trunc('month', a.day::timestamp)::date)
  ) as g (period, period_start)
  where a.rag_configuration_id is not null and (first_day is null or a.day >= first_day)
  group by a.workspace_id, a.rag_configuration_id, g.period, g.period_start;
$$;
comment on function app_private.configuration_figures(date) is 'The figures of every configuration per day and month, from a day on; all of them for null.';
-- Deliberately not granted: app_hidden.compute_configuration_performance calls it.
