-- After a message: on the branch that is chosen, and else by the newest child, as choose_branch would. chosen is the branch as far as it
-- was looked up, to be given to the next call.
create or replace function app_private.message_descendants(conversation app_public.conversations, message_id uuid, inout chosen uuid[], out found_ids uuid[])
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  -- messages of tools and systems that are stepped over, at most
  most_steps constant integer := 20;
  step record;
  children uuid[];
begin
  found_ids := '{}';
  select m.id, m.parent_id, m.replaces_id, false as speaks into step
  from app_public.messages m
  where m.conversation_id = conversation.id and m.id = message_descendants.message_id;
  for i in 1 .. most_steps loop
    exit when step.id is null or cardinality(found_ids) = 2;
    children := array(
      select c.id
      from (
        (
          select m.id from app_public.messages m
          where m.conversation_id = conversation.id and m.parent_id = step.id
          order by m.id desc
          limit 100
        )
        union all
        (
          select m.id from app_public.messages m
          where step.parent_id is null and step.replaces_id is null
            and m.conversation_id = conversation.id and m.id > step.id and m.id <= conversation.last_message_id
            and m.parent_id is null and m.replaces_id is null
          order by m.id
          limit 1
        )
      ) as c
      order by c.id desc
    );
    exit when cardinality(children) = 0;
    if cardinality(children) > 1 and conversation.preferred_leaf_id is not null then
      chosen := coalesce(chosen, array(select p.id from app_private.message_path(conversation.id, conversation.preferred_leaf_id) as p));
      children := coalesce((select array_agg(c.id) from unnest(children) as c (id) where c.id = any (chosen)), children);
    end if;
    select m.id, m.parent_id, m.replaces_id, app_private.speaks(m.role, m.content) as speaks into step
    from app_public.messages m
    where m.conversation_id = conversation.id and m.id = children[1];
    if step.speaks then
      found_ids := found_ids || step.id;
    end if;
  end loop;
end
$$;
comment on function app_private.message_descendants(app_public.conversations, uuid, uuid[]) is 'The two messages after one in which a person or a model speaks, the nearest first.';
-- Deliberately not granted: app_private.message_neighbours calls it.
