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
  chosen uuid[];
  found_ids uuid[];
begin
  foreach message_id in array message_ids loop
    found_ids := app_private.message_ancestors(conversation, message_neighbours.message_id);
    before_1 := found_ids[1];
    before_2 := found_ids[2];

    select d.chosen, d.found_ids into chosen, found_ids from app_private.message_descendants(conversation, message_neighbours.message_id, chosen) as d;
    after_1 := found_ids[1];
    after_2 := found_ids[2];
    return next;
  end loop;
end
$$;
comment on function app_private.message_neighbours(app_public.conversations, uuid[]) is
  'Of each message of a conversation that is not packed: the two before it and the two after it on its branch in which a person or a model speaks.';
