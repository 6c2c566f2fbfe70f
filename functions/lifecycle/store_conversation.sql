-- The last step of putting a conversation into a file: its documents leave the database. Called after the bytes were written, synced,
-- read back and compared, in the transaction that holds their content (hold_content): whatever ends it before leaves the documents
-- where they were. What a legal hold keeps stays
-- where it is: the triggers that keep refuse it. Bytes of an earlier file of it are
-- remembered, for the job that removes them.
create or replace function app_hidden.store_conversation(
  of_conversation uuid, of_archive bytea, of_path text, of_bytes bigint
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  archived app_hidden.conversation_archives;
  document_bytes bigint;
begin
  select c.* into conversation from app_public.conversations c where c.id = of_conversation for update skip locked;
  if conversation.id is null then
    return 'busy';
  end if;
  select a.* into archived from app_hidden.conversation_archives a where a.conversation_id = of_conversation;
  if conversation.storage_tier <> 'cold' or archived.sha256 is distinct from of_archive then
    return 'changed';
  end if;
  if of_path is distinct from app_private.content_path(conversation.workspace_id, decode(split_part(of_path, '/', 3), 'hex')) then
    raise exception '"%" is no path of a content of this workspace.', of_path using errcode = 'CQ200', hint = 'It is the workspace, then the SHA-256 of the bytes.';
  end if;

  select sum(coalesce(octet_length(p.document), p.stored_bytes)) into document_bytes
  from app_hidden.conversation_archive_parts p
  where p.conversation_id = of_conversation;
  insert into app_hidden.discarded_contents (workspace_id, storage_path)
  select f.workspace_id, f.storage_path from app_hidden.conversation_files f
  where f.conversation_id = of_conversation and f.storage_path <> of_path
  on conflict do nothing;
  insert into app_hidden.conversation_files (conversation_id, workspace_id, storage_path, byte_size, document_bytes)
  values (of_conversation, conversation.workspace_id, of_path, of_bytes, document_bytes)
  on conflict on constraint conversation_files_pkey do update
  set storage_path = excluded.storage_path, byte_size = excluded.byte_size, document_bytes = excluded.document_bytes, stored_at = now(),
    recalled_at = null, checked_at = now(), hashed_at = now(), problem = null;
  update app_hidden.conversation_archive_parts p
  set stored_bytes = octet_length(p.document), document = null
  where p.conversation_id = of_conversation and p.document is not null;
  return 'stored';
exception
  -- a hold that came meanwhile: everything of this call is taken back
  when sqlstate 'CQ120' or sqlstate 'CQ711' then
    return 'held';
end
$$;
comment on function app_hidden.store_conversation(uuid, bytea, text, bigint) is
  'Lets the documents of a cold conversation leave the database for the file at a path, which has them whole. Returns stored, busy (somebody has it), held (a legal hold keeps it), or changed (its archive is another by now).';
grant execute on function app_hidden.store_conversation(uuid, bytea, text, bigint) to colloquy_worker;
