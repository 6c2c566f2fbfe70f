-- Deletes a thread of an agent of the caller. Security definer, as put_agent_checkpoint is. What a legal hold keeps is refused by a trigger.
create or replace function app_public.delete_agent_thread(thread_id text)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
begin
  perform app_hidden.require_member(for_writing => true);
  delete from app_hidden.agent_checkpoint_writes w
  where w.workspace_id = app_hidden.current_workspace_id() and w.owner_id = app_hidden.current_user_id()
    and w.thread_id = delete_agent_thread.thread_id;
  delete from app_hidden.agent_checkpoints c
  where c.workspace_id = app_hidden.current_workspace_id() and c.owner_id = app_hidden.current_user_id()
    and c.thread_id = delete_agent_thread.thread_id;
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app_public.delete_agent_thread(text) is
  'Deletes a thread of an agent of yours with all of its states, and returns how many there were. Errors: CQ101, CQ109, CQ120 a legal hold keeps them.
@arg thread_id The thread, as the agent calls it: 1 to 200 characters, your own in the workspace.';
grant execute on function app_public.delete_agent_thread(text) to colloquy_user, colloquy_admin;
