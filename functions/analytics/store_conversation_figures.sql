-- The figures of days of conversations, from the live rows: written, or removed where no message is left.
create or replace function app_private.store_conversation_figures(days app_private.analytics_day[])
returns table (changed integer, removed integer)
language sql
set search_path = pg_catalog, pg_temp
as $$
  with figures as materialized (
    select b.workspace_id, b.conversation_id, b.day, b.rag_configuration_id, f.*, g.*
    from unnest(days) as b
    cross join lateral app_private.message_figures(b.conversation_id, b.lower_id, b.upper_id) as f
    cross join lateral app_private.feedback_figures(b.workspace_id, b.conversation_id, b.lower_id, b.upper_id) as g
  ),
  gone as (
    delete from app_public.conversation_analytics a
    using figures f
    where a.workspace_id = f.workspace_id and a.conversation_id = f.conversation_id and a.day = f.day and f.message_count = 0
    returning 1
  ),
  written as (
    insert into app_public.conversation_analytics as a (
      workspace_id, conversation_id, day, rag_configuration_id, message_count, user_message_count, assistant_message_count,
      system_message_count, tool_message_count, edit_count, regeneration_count, failed_count, relevance_count, total_relevance_score,
      response_count, total_response_time_ms, median_response_time_ms, p95_response_time_ms, prompt_tokens, completion_tokens,
      total_tokens, cost_usd, positive_feedback, neutral_feedback, negative_feedback, satisfaction_points, peak_hour,
      first_message_at, last_message_at
    )
    select
      f.workspace_id, f.conversation_id, f.day, f.rag_configuration_id, f.message_count, f.user_message_count, f.assistant_message_count,
      f.system_message_count, f.tool_message_count, f.edit_count, f.regeneration_count, f.failed_count, f.relevance_count, f.total_relevance_score,
      f.response_count, f.total_response_time_ms, f.median_response_time_ms, f.p95_response_time_ms, f.prompt_tokens, f.completion_tokens,
      f.total_tokens, f.cost_usd, f.positive_feedback, f.neutral_feedback, f.negative_feedback, f.satisfaction_points, f.peak_hour,
      f.first_message_at, f.last_message_at
    from figures f
    where f.message_count > 0
    on conflict on constraint conversation_analytics_pkey do update
    set
      -- late feedback does not hand an old day to the configuration of today
      rag_configuration_id = case
        when a.rag_configuration_id is not null and a.day < (now() at time zone 'UTC')::date - 1 then a.rag_configuration_id
        else excluded.rag_configuration_id
      end,
      (
        message_count, user_message_count, assistant_message_count, system_message_count, tool_message_count, edit_count,
        regeneration_count, failed_count, relevance_count, total_relevance_score, response_count, total_response_time_ms,
        median_response_time_ms, p95_response_time_ms, prompt_tokens, completion_tokens, total_tokens, cost_usd, positive_feedback,
        neutral_feedback, negative_feedback, satisfaction_points, peak_hour, first_message_at, last_message_at
      ) = (
        excluded.message_count, excluded.user_message_count, excluded.assistant_message_count, excluded.system_message_count,
        excluded.tool_message_count, excluded.edit_count, excluded.regeneration_count, excluded.failed_count, excluded.relevance_count,
        excluded.total_relevance_score, excluded.response_count, excluded.total_response_time_ms, excluded.median_response_time_ms,
        excluded.p95_response_time_ms, excluded.prompt_tokens, excluded.completion_tokens, excluded.total_tokens, excluded.cost_usd,
        excluded.positive_feedback, excluded.neutral_feedback, excluded.negative_feedback, excluded.satisfaction_points,
        excluded.peak_hour, excluded.first_message_at, excluded.last_message_at
      ),
      computed_at = now()
    returning 1
  )
  select (select count(*) from written)::integer, (select count(*) from gone)::integer;
$$;
comment on function app_private.store_conversation_figures(app_private.analytics_day[]) is 'Rows of conversation_analytics written, and removed, for these days.';
-- Deliberately not granted: app_private.settle_conversation_analytics calls it.
