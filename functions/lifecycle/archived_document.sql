-- One document of an archive, for the file that is written of it. What is damaged is not written anywhere.
create or replace function app_hidden.archived_document(of_conversation uuid, of_packed text, of_part integer)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  piece app_hidden.conversation_archive_parts;
begin
  select p.* into piece
  from app_hidden.conversation_archive_parts p
  where p.conversation_id = of_conversation and p.packed::regclass::text = of_packed and p.part = of_part;
  if piece.conversation_id is not null then
    perform app_private.check_part(piece);
  end if;
  return piece.document;
end
$$;
comment on function app_hidden.archived_document(uuid, text, integer) is 'A document of the archive of a conversation, found whole. For the worker. Errors: CQ260 damaged, CQ720 in the storage of files.';
grant execute on function app_hidden.archived_document(uuid, text, integer) to colloquy_worker;
