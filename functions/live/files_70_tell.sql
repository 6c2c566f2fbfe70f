-- Tells subscribers that a file came, or that the reading of its text went on. What follows (passages, vectors) is looked at by the clock
-- of who watches: the indexing is not slowed down for it.
create or replace function app_private.tell_files()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.tell_watched(new.id, 'file ' || new.id);
  perform app_private.tell_watched(new.workspace_id, 'indexing ' || new.workspace_id);
  return null;
end
$$;
comment on function app_private.tell_files() is 'Trigger: tells subscribers of a file that came, or whose reading went on.';

create or replace trigger files_70_tell after insert on app_public.files
for each row execute function app_private.tell_files();
create or replace trigger files_70_tell_changed after update of processing_status, chunk_count on app_public.files
for each row when ((old.processing_status, old.chunk_count) is distinct from (new.processing_status, new.chunk_count))
execute function app_private.tell_files();
