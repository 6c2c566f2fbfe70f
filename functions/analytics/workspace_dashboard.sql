-- The figures at the top of a dashboard, in one row, for every member. Security definer, since it adds private conversations up
-- too: it must never tell more than sums over the whole workspace. Reads what was computed, never the messages.
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
    -- grouped by hash, where count(distinct …) beside the sums would sort every row of the range
    (
      select count(*) from (
        select from app_public.conversation_analytics c
        where c.workspace_id = app_hidden.current_workspace_id()
          and c.day between first_day and last_day
        group by c.conversation_id
      ) as conversations
    ),
    coalesce(sum(a.message_count), 0), coalesce(sum(a.assistant_message_count), 0),
    (
      select count(distinct u.user_id) from app_hidden.user_activity u
      where u.workspace_id = app_hidden.current_workspace_id()
        and u.day between first_day and last_day
    ),
    coalesce(sum(a.total_tokens), 0), coalesce(sum(a.cost_usd), 0),
    round(sum(a.total_relevance_score) / nullif(sum(a.relevance_count), 0), 4),
    round(sum(a.total_response_time_ms) / nullif(sum(a.response_count), 0)),
    coalesce(sum(a.positive_feedback), 0), coalesce(sum(a.negative_feedback), 0),
    round(sum(a.positive_feedback)::numeric / nullif(sum(a.positive_feedback) + sum(a.negative_feedback), 0), 4),
    round(sum(a.satisfaction_points) / nullif(sum(a.positive_feedback + a.neutral_feedback + a.negative_feedback), 0), 4),
    max(a.computed_at)
  into result
  from app_public.conversation_analytics a
  where a.workspace_id = app_hidden.current_workspace_id()
    and a.day between first_day and last_day;
  return result;
end
$$;
comment on function app_public.workspace_dashboard(date, date) is
  'The figures of the workspace over a range of UTC days, both included, the last 30 without any, as of the last run of the analytics. Errors: CQ101, CQ110, CQ200 no range of at most three years, CQ204 no such workspace of yours.';
grant execute on function app_public.workspace_dashboard(date, date) to colloquy_user, colloquy_admin;
