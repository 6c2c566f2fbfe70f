-- What the worker calls after another branch was chosen: neighbours are those on the same branch, never a branch that was left.
create or replace function app_hidden.follow_branch(for_workspace uuid, for_conversation uuid)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id = for_conversation
    and c.indexed_leaf_id is distinct from c.preferred_leaf_id
    -- messages that are not indexed yet are followed with them
    and c.indexed_sequence_number = c.last_sequence_number
  for no key update;
  return coalesce(app_private.refresh_branch(conversation), 0);
end
$$;
comment on function app_hidden.follow_branch(uuid, uuid) is
  'Gives the messages of a conversation the context of the branch that was chosen meanwhile. Returns how many chunks were written; again changes nothing.';
grant execute on function app_hidden.follow_branch(uuid, uuid) to colloquy_worker;
