-- The places of a path where another child than the newest was chosen: all that the choice of a branch decides.
create or replace function app_private.chosen_turns(for_conversation uuid, leaf_id uuid)
returns table (parent_id uuid, child_id uuid)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with path as materialized (
    select m.id, m.parent_id, m.replaces_id, lag(m.id) over (order by m.sequence_number) as previous_id
    from app_private.message_path(for_conversation, leaf_id) as p
    join app_public.messages m on m.conversation_id = for_conversation and m.id = p.id
  )
  select coalesce(p.parent_id, p.previous_id), p.id
  from path p
  where exists (
    select from app_public.messages newer
    where newer.conversation_id = for_conversation and newer.parent_id = coalesce(p.parent_id, p.previous_id) and newer.id > p.id
  ) or (
    p.parent_id is not null and exists (
      select
      from path r
      join app_public.messages newer on newer.conversation_id = for_conversation and newer.id > p.id
        and newer.parent_id is null and newer.replaces_id is null
      where r.id = p.parent_id and r.parent_id is null and r.replaces_id is null
    )
  );
$$;
comment on function app_private.chosen_turns(uuid, uuid) is 'The messages on the way to a leaf after which another one than the newest child follows, with the one that does.';
