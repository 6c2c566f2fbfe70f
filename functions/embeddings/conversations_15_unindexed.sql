-- Whether a conversation waits to be indexed is a row of a narrow table, and no predicate of an index of conversations: with one, every
-- message would write the whole row into all indexes anew. The conditions stand at the triggers, so that nothing is called as
-- long as it stays as it is.
create or replace function app_private.note_unindexed()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.indexed_sequence_number < new.last_sequence_number
    or (new.storage_tier = 'hot' and new.indexed_leaf_id is distinct from new.preferred_leaf_id)
  then
    insert into app_hidden.unindexed_conversations (workspace_id, conversation_id) values (new.workspace_id, new.id) on conflict do nothing;
  else
    delete from app_hidden.unindexed_conversations u where u.workspace_id = new.workspace_id and u.conversation_id = new.id;
  end if;
  return null;
end
$$;
comment on function app_private.note_unindexed() is 'Trigger: keeps which conversations wait to be indexed.';

create or replace trigger conversations_15_unindexed
after update of indexed_sequence_number, last_sequence_number, indexed_leaf_id, preferred_leaf_id, storage_tier on app_public.conversations
for each row
when (
  (
    old.indexed_sequence_number < old.last_sequence_number
    or (old.storage_tier = 'hot' and old.indexed_leaf_id is distinct from old.preferred_leaf_id)
  ) <> (
    new.indexed_sequence_number < new.last_sequence_number
    or (new.storage_tier = 'hot' and new.indexed_leaf_id is distinct from new.preferred_leaf_id)
  )
)
execute function app_private.note_unindexed();

create or replace trigger conversations_15_unindexed_new
after insert on app_public.conversations
for each row
when (new.indexed_sequence_number < new.last_sequence_number or new.indexed_leaf_id is distinct from new.preferred_leaf_id)
execute function app_private.note_unindexed();
