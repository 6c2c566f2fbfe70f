-- Whether a process of the API may have subscribers to a thing. NOTIFY makes every commit that has one wait for the one before it to be on
-- disk, so only what is watched is told (docs/decisions/live.md). Who watches holds a shared lock of its bucket, the last byte of the id, in
-- the session that listens, so that it ends with that session. Who writes has its transaction id already, and tries the same lock alone,
-- for a moment: of writers that did not see the watcher, the watcher waits for the end, and reads after it (api/live/signals.ts). Two that
-- write at the same moment may take each other for watchers, and tell in vain. The embedded database has one session, whose locks tell nothing.
create or replace function app_private.is_watched(id uuid)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  bucket integer := get_byte(uuid_send(id), 15);
begin
  if not pg_try_advisory_lock(8020, bucket) then
    return true;
  end if;
  perform pg_advisory_unlock(8020, bucket);
  return version() ~ 'PGlite';
end
$$;
comment on function app_private.is_watched(uuid) is 'Whether something is to be told to subscribers: false when nobody watches it who does not wait for the end of this transaction.';
-- Deliberately not granted: the triggers of this folder ask it.
