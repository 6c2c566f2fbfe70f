-- A document that is damaged must never be taken for what was packed.
create or replace function app_private.check_part(piece app_hidden.conversation_archive_parts)
returns void
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if sha256(convert_to(piece.document, 'UTF8')) <> piece.sha256 then
    raise exception 'The archive of conversation % is damaged.', piece.conversation_id
      using errcode = 'CQ260', hint = 'Nothing was changed. Have its part brought back from a backup: docs/lifecycle.md.';
  end if;
end
$$;
comment on function app_private.check_part(app_hidden.conversation_archive_parts) is 'Raises CQ260 when a document is not the one that was packed.';
