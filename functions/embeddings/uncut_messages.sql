-- What is given up must never keep back the messages behind it: which ones to pass over (begin_cutting). Only the worker may call it.
create or replace function app_hidden.uncut_messages(for_workspace uuid, for_conversation uuid)
returns table (sequence_number integer, is_dead boolean)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.sequence_number, f.is_dead
  from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and f.conversation_id = for_conversation and (f.is_dead or f.next_attempt_at > statement_timestamp());
$$;
comment on function app_hidden.uncut_messages(uuid, uuid) is 'Messages of a conversation that are not to be cut: they wait, or were given up.';
grant execute on function app_hidden.uncut_messages(uuid, uuid) to colloquy_worker;
