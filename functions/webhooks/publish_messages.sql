-- Tells webhooks of new messages in conversations that the whole workspace may read. Not of those that come back from an archive, and
-- not of history that is imported; of an answer that is being written when it has ended (publish_answer). Where no webhook is on, that is all that is asked.
create or replace function app_private.publish_messages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from new_messages n join app_public.webhooks w on w.workspace_id = n.workspace_id where w.is_active) then
    return null;
  end if;
  perform app_private.publish(array(
    select row(n.workspace_id, 'message.created', jsonb_build_object(
      'messageId', n.id, 'conversationId', n.conversation_id, 'sequenceNumber', n.sequence_number, 'role', n.role
    ))::app_private.happening
    from new_messages n
    join app_public.conversations c on c.id = n.conversation_id
    where c.visibility = 'workspace' and c.storage_tier = 'hot' and n.status <> 'streaming' and uuid_extract_timestamp(n.id) > now() - interval '1 day'
    order by n.id
  ));
  return null;
end
$$;
comment on function app_private.publish_messages() is 'Trigger: tells webhooks of new messages that the workspace may read.';

create or replace trigger messages_60_publish after insert on app_public.messages
referencing new table as new_messages for each statement execute function app_private.publish_messages();
