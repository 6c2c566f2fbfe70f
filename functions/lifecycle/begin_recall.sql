-- Documents that are in the storage of files come back into the database when somebody reads them. SQL reads no file, so the process does:
-- the API when a function raised CQ720, a command, a job. The path is the proof that such a function let its caller read: it has
-- the SHA-256 of the bytes in it, and stands nowhere else that a request can read. A wrong one does nothing and tells nothing.
-- Two who fetch the same one wait for each other, and the second finds nothing to do. Who deletes the conversation goes first.
create or replace function app_hidden.begin_recall(of_conversation uuid, of_path text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from app_hidden.conversation_files f where f.conversation_id = of_conversation and f.storage_path = of_path;
  if not found then
    return false;
  end if;
  perform from app_public.conversations c where c.id = of_conversation for key share;
  perform from app_hidden.conversation_files f where f.conversation_id = of_conversation and f.storage_path = of_path for update;
  -- a statement of its own sees what was brought while this waited
  update app_hidden.conversation_files f set recalled_at = now()
  where f.conversation_id = of_conversation and f.storage_path = of_path
    and exists (select from app_hidden.conversation_archive_parts p where p.conversation_id = of_conversation and p.document is null);
  return found;
end
$$;
comment on function app_hidden.begin_recall(uuid, text) is
  'Whether documents of a conversation are to be brought back from the file at a path; nobody else brings them before this transaction ends. recall_part brings each.';
grant execute on function app_hidden.begin_recall(uuid, text) to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;
