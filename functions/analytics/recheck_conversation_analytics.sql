-- For a database whose rows were loaded with triggers off: nothing was noted there, so every day is noted now.
create or replace function app_hidden.recheck_conversation_analytics(since date default null)
returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with noted as (
    insert into app_hidden.analytics_changes (workspace_id, conversation_id, day)
    select d.workspace_id, d.conversation_id, d.day
    from (
      select m.workspace_id, m.conversation_id, app_hidden.uuidv7_day(m.id) as day
      from app_public.messages m
      where since is null or m.id >= app_hidden.uuidv7_floor(since::timestamp at time zone 'UTC')
      union
      select a.workspace_id, a.conversation_id, a.day
      from app_public.conversation_analytics a
      where since is null or a.day >= since
    ) as d
    join app_public.conversations c on c.workspace_id = d.workspace_id and c.id = d.conversation_id and c.storage_tier = 'hot'
    order by d.workspace_id, d.conversation_id, d.day
    on conflict on constraint analytics_changes_pkey do nothing
    returning 1
  )
  select count(*) from noted;
$$;
comment on function app_hidden.recheck_conversation_analytics(date) is
  'Has every day since a date computed anew by the next run, for a database whose rows were loaded with triggers off. Returns how many days.';
grant execute on function app_hidden.recheck_conversation_analytics(date) to colloquy_worker;
