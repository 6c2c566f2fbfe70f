-- Who wrote how many messages on days of conversations, from the live rows; people that wrote none any more are left out.
create or replace function app_private.store_user_activity(days app_private.analytics_day[])
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  with authors as (
    select b.workspace_id, b.conversation_id, b.day, m.author_id as user_id, count(*)::integer as message_count
    from unnest(days) as b
    join app_public.messages m on m.conversation_id = b.conversation_id and m.id >= b.lower_id and m.id < b.upper_id
    where m.author_id is not null
    group by b.workspace_id, b.conversation_id, b.day, m.author_id
  ),
  silent as (
    delete from app_hidden.user_activity a
    using unnest(days) as b
    where a.workspace_id = b.workspace_id and a.conversation_id = b.conversation_id and a.day = b.day
      and not exists (
        select from authors w
        where w.workspace_id = a.workspace_id and w.conversation_id = a.conversation_id and w.day = a.day and w.user_id = a.user_id
      )
  )
  insert into app_hidden.user_activity as a (workspace_id, conversation_id, day, user_id, message_count)
  select w.workspace_id, w.conversation_id, w.day, w.user_id, w.message_count from authors w
  on conflict on constraint user_activity_pkey do update set message_count = excluded.message_count;
$$;
comment on function app_private.store_user_activity(app_private.analytics_day[]) is 'Brings user_activity up to date for these days.';
-- Deliberately not granted: app_private.settle_conversation_analytics calls it.
