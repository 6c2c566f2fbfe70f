-- From one person to the next in the index, and one look for each: a workspace has far fewer people than rows of what they did.
create or replace function app_private.count_active_members(of_workspace uuid, first_day date, last_day date)
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive people as (
    (select a.user_id from app_hidden.user_activity a where a.workspace_id = of_workspace order by a.user_id limit 1)
    union all
    select (
      select a.user_id from app_hidden.user_activity a
      where a.workspace_id = of_workspace and a.user_id > p.user_id order by a.user_id limit 1
    )
    from people p
    where p.user_id is not null
  )
  select count(*)
  from people p
  where exists (
    select from app_hidden.user_activity a
    where a.workspace_id = of_workspace and a.user_id = p.user_id and a.day between first_day and last_day
  );
$$;
comment on function app_private.count_active_members(uuid, date, date) is 'How many people wrote in a workspace in a range of days.';
-- Deliberately not granted: workspace_dashboard calls it.
