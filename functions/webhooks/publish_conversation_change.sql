-- Tells webhooks of a conversation that was put away, or that the workspace may read from now on, or no more: for the workspace that is
-- one that came or went. The counters, which every message moves, do not call this.
create or replace function app_private.publish_conversation_change()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from app_public.webhooks w where w.workspace_id = new.workspace_id and w.is_active) then
    perform app_private.publish(array[row(
      new.workspace_id,
      case when old.visibility = new.visibility then 'conversation.archived' when new.visibility = 'workspace' then 'conversation.created'
        else 'conversation.deleted' end,
      jsonb_build_object('conversationId', new.id)
    )::app_private.happening]);
  end if;
  return null;
end
$$;
comment on function app_private.publish_conversation_change() is 'Trigger: tells webhooks that a conversation was archived, shared with the workspace, or taken back.';

create or replace trigger conversations_60_publish_changed
after update of visibility, is_archived on app_public.conversations
for each row when (old.visibility <> new.visibility or new.visibility = 'workspace' and new.is_archived and not old.is_archived)
execute function app_private.publish_conversation_change();
