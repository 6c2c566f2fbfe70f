-- Makes the branch that ends with a message the one that is shown and continued. Messages are found with their neighbours of the branch that
-- is chosen, so they are indexed anew where that is another one.
create or replace function app_private.prefer_leaf(conversation app_public.conversations, leaf_id uuid)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.conversations;
begin
  update app_public.conversations c set preferred_leaf_id = leaf_id where c.id = conversation.id returning c.* into result;
  if result.preferred_leaf_id is distinct from result.indexed_leaf_id then
    perform app_private.index_conversation(result.workspace_id, result.id);
  end if;
  return result;
end
$$;
comment on function app_private.prefer_leaf(app_public.conversations, uuid) is 'Chooses the end of the branch of a locked conversation, and has it indexed.';
-- Deliberately not granted: functions that choose a branch call it.
