-- Before a message: by its parents, and where there were no branches yet by the order of ids. Messages of tools and systems, and empty
-- ones, are stepped over.
create or replace function app_private.message_ancestors(conversation app_public.conversations, message_id uuid, out found_ids uuid[])
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  -- messages of tools and systems that are stepped over, at most
  most_steps constant integer := 20;
  step record;
begin
  found_ids := '{}';
  select m.id, m.parent_id, m.replaces_id, false as speaks into step
  from app_public.messages m
  where m.conversation_id = conversation.id and m.id = message_ancestors.message_id;
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
end
$$;
comment on function app_private.message_ancestors(app_public.conversations, uuid) is 'The two messages before one in which a person or a model speaks, the nearest first.';
-- Deliberately not granted: app_private.message_neighbours calls it.
