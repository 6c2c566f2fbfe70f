-- The figures at the top of a dashboard, in one row, for every member. Security definer, since it adds private conversations up
-- too: it must never tell more than sums over the whole workspace. Sums come from the summary of days; how many conversations and people there
-- were does not add up, and is counted: conversations from an index alone, people by one look for each.
create or replace function app_public.workspace_dashboard(from_day date default null, to_day date default null)
returns app_public.workspace_figures
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  first_day date;
  last_day date;
  result app_public.workspace_figures;
begin
  select d.from_day, d.to_day into first_day, last_day from app_private.require_days(workspace_dashboard.from_day, workspace_dashboard.to_day) as d;
  select
    -- grouped by hash, where count(distinct …) would sort every row of the range
    (
      select count(*) from (
        select from app_public.conversation_analytics c
        where c.workspace_id = app_hidden.current_workspace_id() and c.day between first_day and last_day
        group by c.conversation_id
      ) as conversations
    ),
    coalesce(sum(s.message_count), 0), coalesce(sum(s.assistant_message_count), 0),
    app_private.count_active_members(app_hidden.current_workspace_id(), first_day, last_day),
    coalesce(sum(s.total_tokens), 0), coalesce(sum(s.cost_usd), 0),
    round(sum(s.total_relevance_score) / nullif(sum(s.relevance_count), 0), 4),
    round(sum(s.total_response_time_ms) / nullif(sum(s.response_count), 0)),
    coalesce(sum(s.positive_feedback), 0), coalesce(sum(s.negative_feedback), 0),
    round(sum(s.positive_feedback)::numeric / nullif(sum(s.positive_feedback) + sum(s.negative_feedback), 0), 4),
    round(sum(s.satisfaction_points) / nullif(sum(s.positive_feedback + s.neutral_feedback + s.negative_feedback), 0), 4),
    max(s.computed_at)
  into result
  from app_private.conversation_summary_stats s
  where s.workspace_id = app_hidden.current_workspace_id() and s.day between first_day and last_day;
  return result;
end
$$;
comment on function app_public.workspace_dashboard(date, date) is
  'The figures of the workspace over a range of UTC days, both included, the last 30 without any, as of the last run of the analytics. Errors: CQ101, CQ110, CQ200 no range of at most three years, CQ204 no such workspace of yours.';
grant execute on function app_public.workspace_dashboard(date, date) to colloquy_user, colloquy_admin;
