-- Tells webhooks of an answer that was written in pieces, when it has ended: message.created comes when there is something to read. What
-- publish_messages says of the others holds here.
create or replace function app_private.publish_answer(message app_public.messages)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from app_public.webhooks w where w.workspace_id = message.workspace_id and w.is_active) then
    return;
  end if;
  perform app_private.publish(array(
    select row(message.workspace_id, 'message.created', jsonb_build_object(
      'messageId', message.id, 'conversationId', message.conversation_id, 'sequenceNumber', message.sequence_number, 'role', message.role
    ))::app_private.happening
    from app_public.conversations c
    where c.id = message.conversation_id and c.visibility = 'workspace'
  ));
end
$$;
comment on function app_private.publish_answer(app_public.messages) is 'Tells webhooks of an answer that has ended, which the workspace may read.';
-- Deliberately not granted: app_private.end_stream calls it.
