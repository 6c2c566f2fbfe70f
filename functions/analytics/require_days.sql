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
