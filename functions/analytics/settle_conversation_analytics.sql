-- Computes the figures of the days that changed, from the live rows, and nothing else. A day is a UTC day, and a message
-- belongs to the day of its id; feedback counts on the day of its message. Must never touch a conversation whose messages
-- are packed away: what is missing there was not deleted.
--
-- For callers that hold the rows of the conversations locked and see what their last writers committed. Whoever packs a
-- conversation away calls it first, while the messages are still there.
create or replace function app_private.settle_conversation_analytics(conversation_ids uuid[], since date default null)
returns table (days integer, changed integer, removed integer)
language sql
set search_path = pg_catalog, pg_temp
as $$
  with taken as (
    delete from app_hidden.analytics_changes p
    using app_public.conversations c
    where c.id = any (conversation_ids) and c.storage_tier = 'hot'
      and p.workspace_id = c.workspace_id and p.conversation_id = c.id and (since is null or p.day >= since)
    returning p.workspace_id, p.conversation_id, p.day, coalesce(
      c.rag_configuration_id, (select r.id from app_public.rag_configurations r where r.workspace_id = c.workspace_id and r.is_default)
    ) as rag_configuration_id
  ),
  bounds as materialized (
    select t.*, app_hidden.uuidv7_floor(t.day::timestamp at time zone 'UTC') as lower_id,
      app_hidden.uuidv7_floor((t.day + 1)::timestamp at time zone 'UTC') as upper_id
    from taken t
  ),
  figures as materialized (
    select b.workspace_id, b.conversation_id, b.day, b.rag_configuration_id, f.*, g.*
    from bounds b
    cross join lateral (
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
      where m.conversation_id = b.conversation_id and m.id >= b.lower_id and m.id < b.upper_id
    ) as f
    cross join lateral (
      select
        (count(*) filter (where v.feedback_type = 'positive'))::integer as positive_feedback,
        (count(*) filter (where v.feedback_type = 'neutral'))::integer as neutral_feedback,
        (count(*) filter (where v.feedback_type = 'negative'))::integer as negative_feedback,
        coalesce(sum(coalesce((v.rating - 1) / 4.0, case v.feedback_type when 'positive' then 1 when 'neutral' then 0.5 else 0 end)), 0) as satisfaction_points
      from app_public.message_feedback v
      where v.workspace_id = b.workspace_id and v.conversation_id = b.conversation_id
        and v.message_id >= b.lower_id and v.message_id < b.upper_id
        -- feedback has no foreign key to its message
        and exists (
          select from app_public.messages m
          where m.conversation_id = b.conversation_id and m.id = v.message_id and m.id >= b.lower_id and m.id < b.upper_id
        )
    ) as g
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
      message_count = excluded.message_count,
      user_message_count = excluded.user_message_count,
      assistant_message_count = excluded.assistant_message_count,
      system_message_count = excluded.system_message_count,
      tool_message_count = excluded.tool_message_count,
      edit_count = excluded.edit_count,
      regeneration_count = excluded.regeneration_count,
      failed_count = excluded.failed_count,
      relevance_count = excluded.relevance_count,
      total_relevance_score = excluded.total_relevance_score,
      response_count = excluded.response_count,
      total_response_time_ms = excluded.total_response_time_ms,
      median_response_time_ms = excluded.median_response_time_ms,
      p95_response_time_ms = excluded.p95_response_time_ms,
      prompt_tokens = excluded.prompt_tokens,
      completion_tokens = excluded.completion_tokens,
      total_tokens = excluded.total_tokens,
      cost_usd = excluded.cost_usd,
      positive_feedback = excluded.positive_feedback,
      neutral_feedback = excluded.neutral_feedback,
      negative_feedback = excluded.negative_feedback,
      satisfaction_points = excluded.satisfaction_points,
      peak_hour = excluded.peak_hour,
      first_message_at = excluded.first_message_at,
      last_message_at = excluded.last_message_at,
      computed_at = now()
    returning 1
  ),
  authors as (
    select b.workspace_id, b.conversation_id, b.day, m.author_id as user_id, count(*)::integer as message_count
    from bounds b
    join app_public.messages m on m.conversation_id = b.conversation_id and m.id >= b.lower_id and m.id < b.upper_id
    where m.author_id is not null
    group by b.workspace_id, b.conversation_id, b.day, m.author_id
  ),
  silent as (
    delete from app_hidden.user_activity a
    using bounds b
    where a.workspace_id = b.workspace_id and a.conversation_id = b.conversation_id and a.day = b.day
      and not exists (
        select from authors w
        where w.workspace_id = a.workspace_id and w.conversation_id = a.conversation_id and w.day = a.day and w.user_id = a.user_id
      )
  ),
  active as (
    insert into app_hidden.user_activity as a (workspace_id, conversation_id, day, user_id, message_count)
    select w.workspace_id, w.conversation_id, w.day, w.user_id, w.message_count from authors w
    on conflict on constraint user_activity_pkey do update set message_count = excluded.message_count
  )
  select (select count(*) from bounds)::integer, (select count(*) from written)::integer, (select count(*) from gone)::integer;
$$;
comment on function app_private.settle_conversation_analytics(uuid[], date) is
  'Computes what changed of locked conversations that are not packed away: days taken, rows written, rows removed because no message is left.';
