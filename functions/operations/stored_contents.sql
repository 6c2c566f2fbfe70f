-- What of the storage of files belongs to a backup: every content that a row has, and every one that a row had and whose bytes are
-- still to be removed. A physical backup ends a moment before it is asked, and what was deleted in between is a row of it. It is for
-- the role of backups, which row-level security does not hold back; others would see their own.
create or replace function app_hidden.stored_contents()
returns table (storage_path text, sha256 text, byte_size bigint, is_wanted boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select contents.path, contents.hash, contents.bytes, contents.is_wanted
  from (
    -- named here, and not behind the alias: so it is written by a dump, and read back the same
    select f.storage_path as path, encode(f.sha256, 'hex') as hash, max(f.byte_size) as bytes, true as is_wanted
    from app_public.files f
    where f.storage_path is not null
    group by f.storage_path, f.sha256
    union
    -- the documents of a conversation are a content as any other: its file may be one that somebody has uploaded
    select f.storage_path as path, split_part(f.storage_path, '/', 3) as hash, f.byte_size as bytes, true as is_wanted
    from app_hidden.conversation_files f
    union all
    select c.storage_path as path, split_part(c.storage_path, '/', 3) as hash, null::bigint as bytes, false as is_wanted
    from app_hidden.discarded_contents c
    where not exists (select from app_public.files f where f.workspace_id = c.workspace_id and f.storage_path = c.storage_path)
      and not exists (select from app_hidden.conversation_files f where f.storage_path = c.storage_path)
  ) as contents
  order by contents.path collate "C";
end;
comment on function app_hidden.stored_contents() is
  'Every content of the storage of files, by its path: one that files or conversations have (is_wanted), or one that they had and whose bytes may be there still.';
revoke execute on function app_hidden.stored_contents() from public;
do $backup$
begin
  if pg_catalog.to_regrole('colloquy_backup') is not null then
    grant execute on function app_hidden.stored_contents() to colloquy_backup;
  end if;
end
$backup$;
