-- Adds conversation_analytics up per configuration, for each day and each month, and writes what differs from what is
-- there: may be run at any time, and again. A month counts its conversations anew, since days do not add up to that.
-- Must never read messages: packed ones are not there.
create or replace function app_hidden.compute_configuration_performance(since date default null)
returns table (changed bigint, removed bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  first_day date := date_trunc('month', since::timestamp);
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.compute_configuration_performance', 0)) then
    return;
  end if;
  return query
  with fresh as materialized (
    select f.* from app_private.configuration_figures(first_day) as f
  ),
  gone as (
    delete from app_public.rag_configuration_performance p
    where (first_day is null or p.period_start >= first_day)
      and not exists (
        select from fresh f
        where f.workspace_id = p.workspace_id and f.rag_configuration_id = p.rag_configuration_id
          and f.period = p.period and f.period_start = p.period_start
      )
    returning 1
  ),
  written as (
    insert into app_public.rag_configuration_performance as p (
      workspace_id, rag_configuration_id, period, period_start, conversation_count, message_count, assistant_message_count,
      total_usage_time_seconds, relevance_count, total_relevance_score, response_count, total_response_time_ms, total_tokens, cost_usd,
      positive_feedback, neutral_feedback, negative_feedback, satisfaction_points
    )
    select f.* from fresh f
    on conflict on constraint rag_configuration_performance_pkey do update
    set
      conversation_count = excluded.conversation_count,
      message_count = excluded.message_count,
      assistant_message_count = excluded.assistant_message_count,
      total_usage_time_seconds = excluded.total_usage_time_seconds,
      relevance_count = excluded.relevance_count,
      total_relevance_score = excluded.total_relevance_score,
      response_count = excluded.response_count,
      total_response_time_ms = excluded.total_response_time_ms,
      total_tokens = excluded.total_tokens,
      cost_usd = excluded.cost_usd,
      positive_feedback = excluded.positive_feedback,
      neutral_feedback = excluded.neutral_feedback,
      negative_feedback = excluded.negative_feedback,
      satisfaction_points = excluded.satisfaction_points,
      computed_at = now()
    where (
        p.conversation_count, p.message_count, p.assistant_message_count, p.total_usage_time_seconds, p.relevance_count,
        p.total_relevance_score, p.response_count, p.total_response_time_ms, p.total_tokens, p.cost_usd, p.positive_feedback,
        p.neutral_feedback, p.negative_feedback, p.satisfaction_points
      ) is distinct from (
        excluded.conversation_count, excluded.message_count, excluded.assistant_message_count, excluded.total_usage_time_seconds,
        excluded.relevance_count, excluded.total_relevance_score, excluded.response_count, excluded.total_response_time_ms,
        excluded.total_tokens, excluded.cost_usd, excluded.positive_feedback, excluded.neutral_feedback, excluded.negative_feedback,
        excluded.satisfaction_points
      )
    returning 1
  )
  select (select count(*) from written), (select count(*) from gone);
end
$$;
comment on function app_hidden.compute_configuration_performance(date) is
  'Brings rag_configuration_performance up to date, all of it or since the month of a date. Returns rows written and removed, or nothing when another run is at it.';
grant execute on function app_hidden.compute_configuration_performance(date) to colloquy_worker;
