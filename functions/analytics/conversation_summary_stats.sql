-- The materialized view of the summary: how it is refreshed, and the only way to read it. A materialized view has no
-- policies, so it lives where no request role can come, and this function asks it for the caller's workspace alone.

create or replace function app_hidden.refresh_summary_stats()
returns table (rows bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.refresh_summary_stats', 0)) then
    return;
  end if;
  -- after a restore without data there is nothing to read beside
  if exists (select from pg_class k where k.oid = 'app_private.conversation_summary_stats'::regclass and k.relispopulated) then
    refresh materialized view concurrently app_private.conversation_summary_stats;
  else
    refresh materialized view app_private.conversation_summary_stats;
  end if;
  return query select count(*) from app_private.conversation_summary_stats;
end
$$;
comment on function app_hidden.refresh_summary_stats() is
  'Refreshes the summary while others read it. Returns its rows, or nothing when another run is at it.';
grant execute on function app_hidden.refresh_summary_stats() to colloquy_worker;

-- The first line of the functions that answer for a range of days: who calls, whether it still belongs to the workspace,
-- and which days. Today is the last one without toDay, and a range without fromDay has 30.
create or replace function app_private.require_days(inout from_day date, inout to_day date)
returns record
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member();
  if not exists (
    -- the claims alone are not enough: somebody may have been removed since the request began
    select from app_public.workspace_members me
    where me.workspace_id = app_hidden.current_workspace_id() and me.user_id = app_hidden.current_user_id()
  ) then
    raise exception 'There is no such workspace of yours.' using errcode = 'CQ204', hint = 'Check the workspace of the request.';
  end if;
  to_day := coalesce(to_day, (now() at time zone 'UTC')::date);
  if isfinite(to_day) then
    from_day := coalesce(from_day, to_day - 29);
  end if;
  if not isfinite(from_day) or not isfinite(to_day) or to_day < from_day or to_day - from_day > 1100 then
    raise exception 'The days from % to % are no range of at most three years.', from_day, to_day
      using errcode = 'CQ200', hint = 'Pass fromDay and toDay, both included, in UTC.';
  end if;
end
$$;
comment on function app_private.require_days(date, date) is
  'The range of days that is meant. Raises CQ101, CQ110, CQ204 for somebody who left the workspace, CQ200 for what is no range.';

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
