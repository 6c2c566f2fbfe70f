-- Triggers that tell webhooks of rows that come or go. Only of what the whole workspace may read: of a private thing nothing leaves,
-- not even its id. Where no webhook is on, that is all that is asked, and nothing is written. Arguments: what happened, and what the
-- id is called.
create or replace function app_private.publish_rows()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select from changed_rows r join app_public.webhooks w on w.workspace_id = r.workspace_id where w.is_active and r.visibility = 'workspace'
  ) then
    return null;
  end if;
  perform app_private.publish(array(
    select row(r.workspace_id, tg_argv[0], jsonb_build_object(tg_argv[1], r.id))::app_private.happening
    from changed_rows r
    where r.visibility = 'workspace'
    order by r.id
  ));
  return null;
end
$$;
comment on function app_private.publish_rows() is 'Trigger: tells webhooks of rows that came or went, which the workspace may read.';

create or replace trigger conversations_60_publish_created after insert on app_public.conversations
referencing new table as changed_rows for each statement execute function app_private.publish_rows('conversation.created', 'conversationId');
create or replace trigger conversations_60_publish_deleted after delete on app_public.conversations
referencing old table as changed_rows for each statement execute function app_private.publish_rows('conversation.deleted', 'conversationId');

create or replace trigger documents_60_publish_created after insert on app_public.documents
referencing new table as changed_rows for each statement execute function app_private.publish_rows('document.created', 'documentId');
create or replace trigger documents_60_publish_deleted after delete on app_public.documents
referencing old table as changed_rows for each statement execute function app_private.publish_rows('document.deleted', 'documentId');

create or replace trigger memory_items_60_publish_remembered after insert on app_public.memory_items
referencing new table as changed_rows for each statement execute function app_private.publish_rows('memory.remembered', 'memoryItemId');
