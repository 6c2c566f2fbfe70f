-- Chooses the branch that goes through a message: from there on the newest child is followed to its end, which becomes the
-- preferred leaf of the conversation, where the next message is added.
create or replace function app_public.choose_branch(message_id uuid)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  current app_public.messages;
  child app_public.messages;
begin
  conversation := app_private.lock_conversation_of(choose_branch.message_id);
  select m.* into current from app_public.messages m where m.id = choose_branch.message_id;
  loop
    select c.* into child
    from (
      (
        select m.* from app_public.messages m
        where m.conversation_id = conversation.id and m.parent_id = current.id
        order by m.id desc
        limit 1
      )
      union all
      (
        -- from before there were branches: the message after it
        select m.* from app_public.messages m
        where current.parent_id is null and current.replaces_id is null
          and m.conversation_id = conversation.id and m.id > current.id and m.parent_id is null and m.replaces_id is null
        order by m.sequence_number
        limit 1
      )
    ) as c
    order by c.id desc
    limit 1;
    exit when child.id is null;
    current := child;
  end loop;
  return app_private.prefer_leaf(conversation, current.id);
end
$$;
comment on function app_public.choose_branch(uuid) is
  'Chooses the branch that goes through a message, to show and to continue. Errors: CQ101, CQ109, CQ204 no such message.';
grant execute on function app_public.choose_branch(uuid) to colloquy_user, colloquy_admin;
