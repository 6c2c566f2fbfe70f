-- A document that is damaged must never be taken for what was packed; one that is in the storage of files cannot be read from
-- here. The API fetches that one and asks again, by the path in the detail: only who was allowed to read comes so far.
create or replace function app_private.check_part(piece app_hidden.conversation_archive_parts)
returns void
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  path text;
begin
  if piece.document is null then
    select f.storage_path into path from app_hidden.conversation_files f where f.conversation_id = piece.conversation_id;
    if path is not null then
      raise exception 'The messages of conversation % are in the storage of files.', piece.conversation_id
        using errcode = 'CQ720', detail = path, hint = 'The API fetches them by itself. For SQL: npm run ops -- cold recall --conversation ' || piece.conversation_id;
    end if;
  end if;
  if piece.document is null or sha256(convert_to(piece.document, 'UTF8')) <> piece.sha256 then
    raise exception 'The archive of conversation % is damaged.', piece.conversation_id
      using errcode = 'CQ260', hint = 'Nothing was changed. Have its part brought back from a backup: docs/lifecycle.md.';
  end if;
end
$$;
comment on function app_private.check_part(app_hidden.conversation_archive_parts) is
  'Raises CQ260 when a document is not the one that was packed, and CQ720 when it is in the storage of files; the detail is its path there.';
