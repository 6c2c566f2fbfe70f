-- Stores what a task wrote after a checkpoint. Security definer, as put_agent_checkpoint is. A retry of a task changes nothing that it wrote
-- before; errors, interrupts and answers to them, which are below zero, replace the one before.
create or replace function app_public.put_agent_checkpoint_writes(
  thread_id text,
  checkpoint_id text,
  writes app_public.agent_checkpoint_write[],
  namespace text default ''
)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  place constant text := coalesce(put_agent_checkpoint_writes.namespace, '');
  said app_public.agent_checkpoint_write;
  stored integer := 0;
  done integer;
begin
  perform app_hidden.require_member(for_writing => true);
  perform app_private.check_checkpoint_place(put_agent_checkpoint_writes.thread_id, place, put_agent_checkpoint_writes.checkpoint_id);
  if coalesce(cardinality(put_agent_checkpoint_writes.writes), 0) not between 1 and 1000 then
    raise exception 'There are 1 to 1,000 writes at once.' using errcode = 'CQ200', hint = 'Send the others afterwards.';
  end if;
  foreach said in array put_agent_checkpoint_writes.writes loop
    if coalesce(char_length(said.task_id), 0) not between 1 and 200 or said.write_index is null
      or coalesce(char_length(said.channel), 0) not between 1 and 500 or char_length(said.task_path) > 2000
    then
      raise exception 'A write has taskId of 1 to 200 characters, writeIndex, channel of 1 to 500, and taskPath of 2,000 at most.' using errcode = 'CQ200', hint = 'They are what LangGraph gives.';
    end if;
    perform app_private.check_checkpoint_content(said.type, said.content);
    insert into app_hidden.agent_checkpoint_writes as w (
      workspace_id, owner_id, thread_id, namespace, checkpoint_id, task_id, task_path, write_index, channel, type, content
    )
    values (
      app_hidden.current_workspace_id(), app_hidden.current_user_id(), put_agent_checkpoint_writes.thread_id, place,
      put_agent_checkpoint_writes.checkpoint_id, said.task_id, coalesce(said.task_path, ''), said.write_index, said.channel, said.type, said.content
    )
    on conflict on constraint agent_checkpoint_writes_place_key do update
    set channel = excluded.channel, type = excluded.type, content = excluded.content
    where w.write_index < 0 and (w.channel, w.type, w.content) is distinct from (excluded.channel, excluded.type, excluded.content);
    get diagnostics done = row_count;
    stored := stored + done;
  end loop;
  return stored;
end
$$;
comment on function app_public.put_agent_checkpoint_writes(text, text, app_public.agent_checkpoint_write[], text) is
  'Stores what tasks of an agent wrote after a checkpoint of yours, and returns how many are new. Errors: CQ101, CQ109, CQ120 a legal hold keeps the one that would be replaced, CQ200 unusable argument, CQ222, CQ223, CQ850 larger than 3,000,000 bytes.
@arg thread_id The thread, as the agent calls it: 1 to 200 characters, your own in the workspace.
@arg checkpoint_id The checkpoint that they follow.
@arg writes 1 to 1,000 of them.
@arg namespace The graph within the graph; empty for the outermost.';
grant execute on function app_public.put_agent_checkpoint_writes(text, text, app_public.agent_checkpoint_write[], text) to colloquy_user, colloquy_admin;
