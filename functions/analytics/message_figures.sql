-- What the messages of a conversation add up to, from one id to below another. Inlined: no settings.
create or replace function app_private.message_figures(conversation_id uuid, lower_id uuid, upper_id uuid)
returns table (
  message_count integer, user_message_count integer, assistant_message_count integer, system_message_count integer, tool_message_count integer,
  edit_count integer, regeneration_count integer, failed_count integer, relevance_count integer, total_relevance_score numeric,
  response_count integer, total_response_time_ms bigint, median_response_time_ms integer, p95_response_time_ms integer, prompt_tokens bigint,
  completion_tokens bigint, total_tokens bigint, cost_usd numeric, peak_hour smallint, first_message_at timestamptz, last_message_at timestamptz
)
language sql
stable
as $$
  select
    count(*)::integer as message_count,
    (count(*) filter (where m.role = 'user'))::integer as user_message_count,
    (count(*) filter (where m.role = 'assistant'))::integer as assistant_message_count,
    (count(*) filter (where m.role = 'system'))::integer as system_message_count,
    (count(*) filter (where m.role = 'tool'))::integer as tool_message_count,
    (count(*) filter (where m.role = 'user' and m.replaces_id is not null))::integer as edit_count,
    (count(*) filter (where m.role = 'assistant' and m.replaces_id is not null))::integer as regeneration_count,
    (count(*) filter (where m.status = 'failed'))::integer as failed_count,
    count(m.relevance_score)::integer as relevance_count,
    coalesce(sum(m.relevance_score::numeric), 0) as total_relevance_score,
    count(m.processing_time_ms)::integer as response_count,
    coalesce(sum(m.processing_time_ms), 0)::bigint as total_response_time_ms,
    percentile_disc(0.5) within group (order by m.processing_time_ms) as median_response_time_ms,
    percentile_disc(0.95) within group (order by m.processing_time_ms) as p95_response_time_ms,
    coalesce(sum(m.prompt_tokens), 0)::bigint as prompt_tokens,
    coalesce(sum(m.completion_tokens), 0)::bigint as completion_tokens,
    coalesce(sum(m.total_tokens), 0)::bigint as total_tokens,
    coalesce(sum(m.cost_usd), 0) as cost_usd,
    (mode() within group (order by extract(hour from uuid_extract_timestamp(m.id) at time zone 'UTC')))::smallint as peak_hour,
    min(uuid_extract_timestamp(m.id)) as first_message_at,
    max(uuid_extract_timestamp(m.id)) as last_message_at
  from app_public.messages m
  where m.conversation_id = message_figures.conversation_id and m.id >= message_figures.lower_id and m.id < message_figures.upper_id;
$$;
comment on function app_private.message_figures(uuid, uuid, uuid) is 'Counts, times, tokens and costs of the messages of a conversation between two ids.';
-- Deliberately not granted: app_private.store_conversation_figures calls it.
