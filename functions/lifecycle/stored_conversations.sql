-- Which conversations have a file in the storage of files, of a workspace or of a person: what has to look into all texts of somebody
-- (an export, an erasure) brings them back first, by operations/cold/recall.ts, and lets go of the files.
create or replace function app_hidden.stored_conversations(
  for_workspace uuid default null, for_owner uuid default null, of_conversation uuid default null, after_id uuid default null, max_conversations integer default 100
)
returns table (conversation_id uuid, workspace_id uuid, storage_path text, byte_size bigint, recalled_at timestamptz)
language sql
stable
security definer
rows 100
set search_path = pg_catalog, pg_temp
as $$
  select f.conversation_id, f.workspace_id, f.storage_path, f.byte_size, f.recalled_at
  from app_hidden.conversation_files f
  join app_public.conversations c on c.workspace_id = f.workspace_id and c.id = f.conversation_id
  where (for_workspace is null or f.workspace_id = for_workspace)
    and (of_conversation is null or f.conversation_id = of_conversation)
    and (for_owner is null or c.owner_id = for_owner)
    and f.conversation_id > coalesce(after_id, '00000000-0000-0000-0000-000000000000'::uuid)
  order by f.conversation_id
  limit max_conversations;
$$;
comment on function app_hidden.stored_conversations(uuid, uuid, uuid, uuid, integer) is
  'Conversations with a file in the storage of files, by id: all, those of a workspace, those of an owner, or one. recalled_at is null where the file alone has their messages.';
grant execute on function app_hidden.stored_conversations(uuid, uuid, uuid, uuid, integer) to colloquy_worker;
