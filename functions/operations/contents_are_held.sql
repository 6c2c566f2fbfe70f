-- Whether a backup copies the bytes of files at this moment: none may be removed then, since a row that is deleted now is still one of
-- the backup. Otherwise no backup begins to copy before this transaction ends. The backup holds the lock by operations/backup/locks.ts.
create or replace function app_private.contents_are_held()
returns boolean
language sql
volatile
set search_path = pg_catalog, pg_temp
begin atomic
  select not pg_try_advisory_xact_lock_shared(hashtextextended('colloquy contents', 5640871));
end;
comment on function app_private.contents_are_held() is 'Whether bytes of deleted files must stay for now, because a backup copies them.';
