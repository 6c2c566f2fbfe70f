-- The nearest message before and after, and the ones beyond them, of which a person or a model speaks. A message of a branch that is not chosen
-- is followed by its newest child, as choose_branch would.
create or replace function app_private.message_neighbours(conversation app_public.conversations, message_ids uuid[])
returns table (message_id uuid, before_1 uuid, before_2 uuid, after_1 uuid, after_2 uuid)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  -- messages of tools and systems that are stepped over, at most
  most_steps constant integer := 20;
  chosen uuid[];
  step record;
  children uuid[];
  found_ids uuid[];
begin
  foreach message_id in array message_ids loop
    found_ids := '{}';
    select m.id, m.parent_id, m.replaces_id, false as speaks into step
    from app_public.messages m
    where m.conversation_id = conversation.id and m.id = message_neighbours.message_id;
    for i in 1 .. most_steps loop
      exit when step.id is null or cardinality(found_ids) = 2;
      if step.parent_id is not null then
        select m.id, m.parent_id, m.replaces_id, app_private.speaks(m.role, m.content) as speaks into step
        from app_public.messages m
        where m.conversation_id = conversation.id and m.id = step.parent_id;
      elsif step.replaces_id is not null then
        -- another first message
        exit;
      else
        -- from before there were branches: the message before it
        select m.id, m.parent_id, m.replaces_id, app_private.speaks(m.role, m.content) as speaks into step
        from app_public.messages m
        where m.conversation_id = conversation.id and m.id >= conversation.id and m.id < step.id
          and m.parent_id is null and m.replaces_id is null
        order by m.id desc
        limit 1;
      end if;
      if step.speaks then
        found_ids := found_ids || step.id;
      end if;
    end loop;
    before_1 := found_ids[1];
    before_2 := found_ids[2];

    found_ids := '{}';
    select m.id, m.parent_id, m.replaces_id, false as speaks into step
    from app_public.messages m
    where m.conversation_id = conversation.id and m.id = message_neighbours.message_id;
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
    after_1 := found_ids[1];
    after_2 := found_ids[2];
    return next;
  end loop;
end
$$;
comment on function app_private.message_neighbours(app_public.conversations, uuid[]) is
  'Of each message of a conversation that is not packed: the two before it and the two after it on its branch in which a person or a model speaks.';
