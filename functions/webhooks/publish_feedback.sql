-- Tells webhooks that feedback was given, as its counters show it to the workspace: what kind, never whose or in which words, which
-- is between a person and nobody else.
create or replace function app_private.publish_feedback()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from new_feedback n join app_public.webhooks w on w.workspace_id = n.workspace_id where w.is_active) then
    return null;
  end if;
  perform app_private.publish(array(
    select row(n.workspace_id, 'feedback.given', jsonb_build_object(
      'messageId', n.message_id, 'conversationId', n.conversation_id, 'feedbackType', n.feedback_type
    ))::app_private.happening
    from new_feedback n
    join app_public.conversations c on c.id = n.conversation_id
    where c.visibility = 'workspace' and c.storage_tier = 'hot'
    order by n.id
  ));
  return null;
end
$$;
comment on function app_private.publish_feedback() is 'Trigger: tells webhooks of feedback in conversations that the workspace may read.';

create or replace trigger message_feedback_60_publish_inserted after insert on app_public.message_feedback
referencing new table as new_feedback for each statement execute function app_private.publish_feedback();
create or replace trigger message_feedback_60_publish_updated after update on app_public.message_feedback
referencing new table as new_feedback for each statement execute function app_private.publish_feedback();
