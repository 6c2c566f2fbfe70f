-- Where a checkpoint is, as its table takes it.
create or replace function app_private.check_checkpoint_place(thread_id text, namespace text, checkpoint_id text)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if coalesce(char_length(check_checkpoint_place.thread_id), 0) not between 1 and 200
    or coalesce(char_length(check_checkpoint_place.checkpoint_id), 0) not between 1 and 200
    or char_length(check_checkpoint_place.namespace) > 500
  then
    raise exception 'threadId and checkpointId have 1 to 200 characters, namespace has 500 at most.' using errcode = 'CQ200', hint = 'UUIDs will do.';
  end if;
end
$$;
comment on function app_private.check_checkpoint_place(text, text, text) is 'Raises CQ200 for a place at which no checkpoint can be.';
-- Deliberately not granted: functions/agents call it.
