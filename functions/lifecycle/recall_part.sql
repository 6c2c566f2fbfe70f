-- One document comes back from the file of its conversation: the one that was packed, by its SHA-256, and no other. So nobody
-- changes anything by it, whoever calls; whose path is wrong finds nothing.
create or replace function app_hidden.recall_part(of_conversation uuid, of_path text, of_packed text, of_part integer, of_document text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  piece app_hidden.conversation_archive_parts;
begin
  select p.* into piece
  from app_hidden.conversation_files f
  join app_hidden.conversation_archive_parts p on p.conversation_id = f.conversation_id
  where f.conversation_id = of_conversation and f.storage_path = of_path and p.packed::regclass::text = of_packed and p.part = of_part
    and p.document is null;
  if piece.conversation_id is null then
    return;
  end if;
  if sha256(convert_to(of_document, 'UTF8')) is distinct from piece.sha256 then
    raise exception 'The file of conversation % is damaged.', of_conversation
      using errcode = 'CQ722', hint = 'Nothing was changed. Bring the file back from a backup: docs/lifecycle.md#a-file-is-missing-or-damaged.';
  end if;
  update app_hidden.conversation_archive_parts p set document = of_document, stored_bytes = null
  where p.conversation_id = piece.conversation_id and p.packed = piece.packed and p.part = piece.part;
end
$$;
comment on function app_hidden.recall_part(uuid, text, text, integer, text) is
  'Brings a document back that begin_recall said is missing. Raises CQ722 when it is not the one that was packed.';
grant execute on function app_hidden.recall_part(uuid, text, text, integer, text) to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;
