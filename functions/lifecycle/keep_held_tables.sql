-- No statement empties a table while a legal hold is in force anywhere: truncate does not say whose rows go.
create or replace function app_private.keep_held_tables()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  hold app_public.legal_holds;
begin
  if app_private.lock_held_workspace(null) then
    select h.* into hold from app_public.legal_holds h where h.released_at is null order by h.id limit 1;
    perform app_private.refuse_held(hold);
  end if;
  return null;
end
$$;
comment on function app_private.keep_held_tables() is 'Trigger: refuses truncate while there is a legal hold. Raises CQ120, CQ711.';

create or replace trigger conversations_00_keep_held_tables before truncate on app_public.conversations
for each statement execute function app_private.keep_held_tables();
create or replace trigger messages_00_keep_held_tables before truncate on app_public.messages
for each statement execute function app_private.keep_held_tables();
create or replace trigger message_feedback_00_keep_held_tables before truncate on app_public.message_feedback
for each statement execute function app_private.keep_held_tables();
create or replace trigger message_chunks_00_keep_held_tables before truncate on app_public.message_chunks
for each statement execute function app_private.keep_held_tables();
create or replace trigger tool_calls_00_keep_held_tables before truncate on app_public.tool_calls
for each statement execute function app_private.keep_held_tables();
create or replace trigger generated_images_00_keep_held_tables before truncate on app_public.generated_images
for each statement execute function app_private.keep_held_tables();
create or replace trigger conversation_archives_00_keep_held_tables before truncate on app_hidden.conversation_archives
for each statement execute function app_private.keep_held_tables();
create or replace trigger conversation_archive_parts_00_keep_held_tables before truncate on app_hidden.conversation_archive_parts
for each statement execute function app_private.keep_held_tables();
create or replace trigger cited_passages_00_keep_held_tables before truncate on app_hidden.cited_passages
for each statement execute function app_private.keep_held_tables();
create or replace trigger documents_00_keep_held_tables before truncate on app_public.documents
for each statement execute function app_private.keep_held_tables();
create or replace trigger repositories_00_keep_held_tables before truncate on app_public.repositories
for each statement execute function app_private.keep_held_tables();
create or replace trigger repository_documents_00_keep_held_tables before truncate on app_public.repository_documents
for each statement execute function app_private.keep_held_tables();
create or replace trigger files_00_keep_held_tables before truncate on app_public.files
for each statement execute function app_private.keep_held_tables();
create or replace trigger memory_items_00_keep_held_tables before truncate on app_public.memory_items
for each statement execute function app_private.keep_held_tables();
create or replace trigger memory_item_changes_00_keep_held_tables before truncate on app_public.memory_item_changes
for each statement execute function app_private.keep_held_tables();
create or replace trigger raw_events_00_keep_held_tables before truncate on app_public.raw_events
for each statement execute function app_private.keep_held_tables();
create or replace trigger agent_checkpoints_00_keep_held_tables before truncate on app_hidden.agent_checkpoints
for each statement execute function app_private.keep_held_tables();
create or replace trigger agent_checkpoint_writes_00_keep_held_tables before truncate on app_hidden.agent_checkpoint_writes
for each statement execute function app_private.keep_held_tables();
create or replace trigger usage_logs_00_keep_held_tables before truncate on app_public.usage_logs
for each statement execute function app_private.keep_held_tables();
create or replace trigger conversation_analytics_00_keep_held_tables before truncate on app_public.conversation_analytics
for each statement execute function app_private.keep_held_tables();
create or replace trigger entity_tags_00_keep_held_tables before truncate on app_public.entity_tags
for each statement execute function app_private.keep_held_tables();
create or replace trigger tags_00_keep_held_tables before truncate on app_public.tags
for each statement execute function app_private.keep_held_tables();
create or replace trigger legal_holds_00_keep_held_tables before truncate on app_public.legal_holds
for each statement execute function app_private.keep_held_tables();
