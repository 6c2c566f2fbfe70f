-- Makes a list of messages that a client keeps whole the branch of a conversation that is shown. What is there already is known by the
-- client's id and stays; what is new is added; what was changed is another version beside the first; and what was cut off stays on a branch
-- of its own. Again it changes nothing. Nothing that was said is changed or lost.
create or replace function app_public.save_messages(conversation_id uuid, messages app_public.message_to_save[])
returns setof app_public.messages
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  shown uuid[];
  said app_public.message_to_save;
  stored app_public.messages;
  parent uuid;
  place integer := 0;
begin
  conversation := app_private.lock_conversation(save_messages.conversation_id);
  perform app_private.require_list(save_messages.messages);
  shown := app_private.shown_messages(conversation);
  foreach said in array save_messages.messages loop
    place := place + 1;
    stored := app_private.message_of_client(conversation.id, said.client_id);
    -- as far as the list is what is shown, that is all; further on it may be a branch that was left
    if stored.id is null or not app_private.is_as_saved(stored, said)
      or stored.id is distinct from shown[place] and parent is distinct from app_private.parent_of_version(stored)
      or place > 1 and stored.id is not distinct from shown[place] and parent is distinct from shown[place - 1]
    then
      stored := app_private.save_message(
        conversation, stored, said, parent, case when place = 1 or parent = shown[place - 1] then shown[place] end
      );
      -- the counters moved with it
      select c.* into conversation from app_public.conversations c where c.id = stored.conversation_id;
    end if;
    parent := stored.id;
    return next stored;
  end loop;
  if parent is distinct from coalesce(conversation.preferred_leaf_id, conversation.last_message_id) then
    perform app_private.prefer_leaf(conversation, parent);
  end if;
end
$$;
comment on function app_public.save_messages(uuid, app_public.message_to_save[]) is
  'Makes 1 to 1,000 messages, in their order, the branch of a conversation that is shown, and returns them: those that are new by their clientId are added, one that was changed is another version beside the first, what follows no more stays on a branch of its own. Again changes nothing. Errors: CQ101, CQ109, CQ200 unusable messages, CQ204 no such conversation, CQ221 your monthly quota is spent, CQ222, CQ223.
@arg messages The list as it is now, in its order.';
grant execute on function app_public.save_messages(uuid, app_public.message_to_save[]) to colloquy_user, colloquy_admin;
