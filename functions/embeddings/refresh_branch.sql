-- When another branch is chosen, messages have other neighbours. The caller holds the lock of the conversation.
create or replace function app_private.refresh_branch(conversation app_public.conversations)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  turned uuid[];
  above uuid[];
  refreshed integer := 0;
begin
  if conversation.indexed_leaf_id is not distinct from conversation.preferred_leaf_id or conversation.storage_tier <> 'hot' then
    return 0;
  end if;
  -- most often it was only continued
  if exists (
    with recursive way as (
      select m.id, m.parent_id, 1 as steps from app_public.messages m
      where m.conversation_id = conversation.id and m.id = conversation.preferred_leaf_id
      union all
      select m.id, m.parent_id, w.steps + 1 from way w
      join app_public.messages m on m.conversation_id = conversation.id and m.id = w.parent_id
      where w.steps < 50
    )
    select from way w where w.id = conversation.indexed_leaf_id
  ) then
    turned := '{}';
  else
    turned := array(
      select coalesce(o.parent_id, n.parent_id)
      from app_private.chosen_turns(conversation.id, conversation.indexed_leaf_id) as o
      full join app_private.chosen_turns(conversation.id, conversation.preferred_leaf_id) as n
        on n.parent_id = o.parent_id and n.child_id = o.child_id
      where o.child_id is null or n.child_id is null
    );
  end if;
  if cardinality(turned) > 0 then
    above := array(
      select unnest(array[n.before_1, n.before_2]) from app_private.message_neighbours(conversation, turned) as n
    );
    refreshed := app_private.refresh_message_contexts(conversation, array(
      select distinct x.id from unnest(turned || above) as x (id) where x.id is not null
    ));
  end if;
  update app_public.conversations c set indexed_leaf_id = conversation.preferred_leaf_id where c.id = conversation.id;
  return refreshed;
end
$$;
comment on function app_private.refresh_branch(app_public.conversations) is
  'Follows the branch that was chosen since the contexts of a locked conversation were made. Returns how many chunks were written.';
