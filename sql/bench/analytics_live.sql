-- Anchor: the live aggregate, as somebody would write it who has no computed figures: the same questions, asked of the
-- messages themselves, security definer in the same way, so that no policy slows them down.
create schema if not exists bench authorization colloquy_owner;
grant usage on schema bench to colloquy_user;

create function bench.live_dashboard(from_day date, to_day date)
returns app_public.workspace_figures
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    count(distinct m.conversation_id), count(*), count(*) filter (where m.role = 'assistant'), count(distinct m.author_id),
    coalesce(sum(m.total_tokens), 0), coalesce(sum(m.cost_usd), 0), round(avg(m.relevance_score::numeric), 4), round(avg(m.processing_time_ms))::integer,
    count(f.id) filter (where f.feedback_type = 'positive'), count(f.id) filter (where f.feedback_type = 'negative'),
    round(count(f.id) filter (where f.feedback_type = 'positive')::numeric / nullif(count(f.id) filter (where f.feedback_type <> 'neutral'), 0), 4),
    null::numeric, now()
  from app_public.messages m
  left join app_public.message_feedback f on f.message_id = m.id
  where m.workspace_id = app_hidden.current_workspace_id()
    and m.id >= app_hidden.uuidv7_floor(from_day::timestamp at time zone 'UTC')
    and m.id < app_hidden.uuidv7_floor((to_day + 1)::timestamp at time zone 'UTC');
$$;

create function bench.live_summary(from_day date, to_day date)
returns setof app_public.conversation_summary
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    (m.created_at at time zone 'UTC')::date, coalesce(c.rag_configuration_id, r.id), count(distinct m.conversation_id)::integer, count(*),
    round(count(*)::numeric / count(distinct m.conversation_id), 2), sum(m.total_tokens)::bigint,
    round(sum(m.total_tokens)::numeric / count(distinct m.conversation_id), 2), sum(m.cost_usd), round(avg(m.relevance_score::numeric), 4),
    round(avg(m.processing_time_ms))::integer, count(f.id) filter (where f.feedback_type = 'positive'),
    count(f.id) filter (where f.feedback_type = 'negative'), null::numeric, null::numeric
  from app_public.messages m
  join app_public.conversations c on c.id = m.conversation_id
  left join app_public.rag_configurations r on r.workspace_id = c.workspace_id and r.is_default
  left join app_public.message_feedback f on f.message_id = m.id
  where m.workspace_id = app_hidden.current_workspace_id()
    and m.id >= app_hidden.uuidv7_floor(from_day::timestamp at time zone 'UTC')
    and m.id < app_hidden.uuidv7_floor((to_day + 1)::timestamp at time zone 'UTC')
  group by 1, 2
  order by 1 desc, 2;
$$;
grant execute on function bench.live_dashboard(date, date), bench.live_summary(date, date) to colloquy_user;
