-- Nothing is restored from, or said of, an archive that is not whole.
create or replace function app_private.check_archive(conversation_id uuid)
returns app_hidden.conversation_archives
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  archived app_hidden.conversation_archives;
begin
  select a.* into archived from app_hidden.conversation_archives a where a.conversation_id = check_archive.conversation_id;
  perform app_private.check_part(p) from app_hidden.conversation_archive_parts p where p.conversation_id = check_archive.conversation_id;
  if archived.conversation_id is null or archived.sha256 <> app_private.archive_hash(check_archive.conversation_id) then
    raise exception 'The archive of conversation % is damaged.', check_archive.conversation_id
      using errcode = 'CQ260', hint = 'Nothing was changed. Have it brought back from a backup: docs/lifecycle.md.';
  end if;
  return archived;
end
$$;
comment on function app_private.check_archive(uuid) is 'The archive of a packed conversation, found whole. Raises CQ260.';
