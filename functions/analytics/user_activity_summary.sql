-- Who does what in a workspace. Security definer, since it counts in private conversations too: it must never tell more than
-- numbers, and of others only to those who manage the workspace. What was written counts by its author, also in the
-- conversation of somebody else; tokens and cost come from the metering, which stays when a conversation goes.
create or replace function app_public.user_activity_summary(from_day date default null, to_day date default null)
returns setof app_public.member_activity
language plpgsql
stable
security definer
rows 20
set search_path = pg_catalog, pg_temp
as $$
declare
  first_day date;
  last_day date;
begin
  select d.from_day, d.to_day into first_day, last_day from app_private.require_days(user_activity_summary.from_day, user_activity_summary.to_day) as d;
  return query
  with shown as (
    select m.workspace_id, m.user_id, m.role
    from app_public.workspace_members m
    where m.workspace_id = app_hidden.current_workspace_id()
      and (m.user_id = app_hidden.current_user_id() or (select app_hidden.can_manage()))
  ),
  written as (
    select a.user_id, count(distinct a.conversation_id) as conversations, sum(a.message_count)::bigint as messages,
      count(distinct a.day) as days, max(a.day) as last_day
    from app_hidden.user_activity a
    where a.workspace_id = app_hidden.current_workspace_id()
      and a.day between first_day and last_day
    group by a.user_id
  ),
  used as (
    select l.user_id, sum(l.total_tokens)::bigint as tokens, sum(l.cost_usd) as cost
    from app_public.usage_logs l
    where l.workspace_id = app_hidden.current_workspace_id()
      and l.id >= app_hidden.uuidv7_floor(first_day::timestamp at time zone 'UTC')
      and l.id < app_hidden.uuidv7_floor((last_day + 1)::timestamp at time zone 'UTC')
    group by l.user_id
  )
  select s.user_id, s.role, coalesce(w.conversations, 0), coalesce(w.messages, 0), coalesce(w.days, 0), w.last_day,
    coalesce(u.tokens, 0), coalesce(u.cost, 0)
  from shown s
  left join written w on w.user_id = s.user_id
  left join used u on u.user_id = s.user_id
  order by coalesce(w.messages, 0) desc, s.user_id
  limit 1000;
end
$$;
comment on function app_public.user_activity_summary(date, date) is
  'What the members of the workspace did in a range of UTC days, the last 30 without any, the most active first, at most 1,000: of everybody for those who manage the workspace, of oneself for others. Errors: CQ101, CQ110, CQ200 no range of at most three years, CQ204 no such workspace of yours.';
grant execute on function app_public.user_activity_summary(date, date) to colloquy_user, colloquy_admin;
