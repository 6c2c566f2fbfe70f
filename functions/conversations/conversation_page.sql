-- The conversations that a caller may read, those with the newest messages first: what Query.conversations reads in that order, so that a
-- page costs what it shows, however many conversations there are. Own ones and those that others share each come from an index,
-- by the hour of their last message, and are sorted within an hour. Runs with the caller's rights.
create or replace function app_hidden.conversation_page(before_at timestamptz, before_id uuid, size integer)
returns setof app_public.conversations
language plpgsql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  caller uuid := app_hidden.current_user_id();
  workspace uuid := app_hidden.current_workspace_id();
  newest_at timestamptz := coalesce(before_at, 'infinity');
  newest_id uuid := coalesce(before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  newest_hour timestamptz := coalesce(date_bin('1 hour', before_at, '2000-01-01 00:00:00+00'), 'infinity');
begin
  return query
  (
    select c.*
    from app_public.conversations c
    where c.owner_id = caller and c.workspace_id = workspace
      and c.last_message_hour <= newest_hour and (c.last_message_at, c.id) < (newest_at, newest_id)
    order by c.last_message_hour desc, c.last_message_at desc, c.id desc
    limit size
  )
  union all
  (
    select c.*
    from app_public.conversations c
    where c.workspace_id = workspace and c.visibility = 'workspace' and c.owner_id <> caller
      and c.last_message_hour <= newest_hour and (c.last_message_at, c.id) < (newest_at, newest_id)
    order by c.last_message_hour desc, c.last_message_at desc, c.id desc
    limit size
  );
end
$$;
comment on function app_hidden.conversation_page(timestamptz, uuid, integer) is
  'Of the conversations that the caller may read, those with the newest messages: at most so many own ones, and so many of others, before a place in that order.';
grant execute on function app_hidden.conversation_page(timestamptz, uuid, integer) to colloquy_visitor, colloquy_user, colloquy_admin;
