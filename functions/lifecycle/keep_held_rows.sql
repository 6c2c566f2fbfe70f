-- Rows that a legal hold keeps are not deleted, by nobody and in no way: a request, a function, a job, the cascade of a foreign key. After the
-- statement, so that one look is enough for all of its rows; it must come behind lock_holds, or a hold that is placed at the same moment is
-- passed. Moving rows between partitions is no deletion: it names partitions, whose statements have no trigger.
--
-- The argument "unless" says that the table has a way by which nothing is lost (hold_scope). It is asked first: packing and unpacking take no
-- lock, and go on while a hold is placed.
--
-- A statement over very many workspaces (the entries of a month) takes one lock for all instead of one for each workspace.
create or replace function app_private.keep_held_rows()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspaces uuid[];
  loses boolean;
  any_held boolean := false;
  workspace uuid;
  hold app_public.legal_holds;
begin
  -- a cascade comes to every table, and mostly to nothing
  if not exists (select from old_rows) then
    return null;
  end if;
  if tg_nargs > 0 then
    execute (
      select format('select exists (select from old_rows r where not (%s))', replace(s.unless, '%rows%', 'old_rows')) from app_private.hold_scope(tg_relid) as s
    ) into loses;
    if not loses then
      return null;
    end if;
  end if;
  workspaces := array(select distinct o.workspace_id from old_rows o where o.workspace_id is not null order by 1 limit 101);
  if cardinality(workspaces) > 100 then
    any_held := app_private.lock_held_workspace(null);
  else
    foreach workspace in array workspaces loop
      any_held := app_private.lock_held_workspace(workspace) or any_held;
    end loop;
  end if;
  if any_held then
    execute app_private.hold_query(tg_relid, 'old_rows') into hold;
    if hold.id is not null then
      perform app_private.refuse_held(hold);
    end if;
  end if;
  return null;
end
$$;
comment on function app_private.keep_held_rows() is 'Trigger: refuses to delete what a legal hold keeps. Raises CQ120, CQ711.';

create or replace trigger conversations_00_keep_held_rows after delete on app_public.conversations referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger messages_00_keep_held_rows after delete on app_public.messages referencing old table as old_rows
for each statement execute function app_private.keep_held_rows('unless');
create or replace trigger message_feedback_00_keep_held_rows after delete on app_public.message_feedback referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger message_chunks_00_keep_held_rows after delete on app_public.message_chunks referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger tool_calls_00_keep_held_rows after delete on app_public.tool_calls referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger generated_images_00_keep_held_rows after delete on app_public.generated_images referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger conversation_archives_00_keep_held_rows after delete on app_hidden.conversation_archives referencing old table as old_rows
for each statement execute function app_private.keep_held_rows('unless');
create or replace trigger conversation_archive_parts_00_keep_held_rows after delete on app_hidden.conversation_archive_parts referencing old table as old_rows
for each statement execute function app_private.keep_held_rows('unless');
create or replace trigger cited_passages_00_keep_held_rows after delete on app_hidden.cited_passages referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger documents_00_keep_held_rows after delete on app_public.documents referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger repositories_00_keep_held_rows after delete on app_public.repositories referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger repository_documents_00_keep_held_rows after delete on app_public.repository_documents referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger files_00_keep_held_rows after delete on app_public.files referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger memory_items_00_keep_held_rows after delete on app_public.memory_items referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger memory_item_changes_00_keep_held_rows after delete on app_public.memory_item_changes referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger raw_events_00_keep_held_rows after delete on app_public.raw_events referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger agent_checkpoints_00_keep_held_rows after delete on app_hidden.agent_checkpoints referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger agent_checkpoint_writes_00_keep_held_rows after delete on app_hidden.agent_checkpoint_writes referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger usage_logs_00_keep_held_rows after delete on app_public.usage_logs referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger conversation_analytics_00_keep_held_rows after delete on app_public.conversation_analytics referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger entity_tags_00_keep_held_rows after delete on app_public.entity_tags referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
create or replace trigger tags_00_keep_held_rows after delete on app_public.tags referencing old table as old_rows
for each statement execute function app_private.keep_held_rows();
