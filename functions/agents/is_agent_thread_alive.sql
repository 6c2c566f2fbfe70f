-- Whether something of a thread of an agent is newer than a moment. Inlined: no settings.
create or replace function app_private.is_agent_thread_alive(of_workspace uuid, of_owner uuid, of_thread text, since uuid)
returns boolean
language sql
stable
as $$
  select exists (
    select from app_hidden.agent_checkpoints c
    where c.workspace_id = of_workspace and c.owner_id = of_owner and c.thread_id = of_thread and c.id >= since
  ) or exists (
    select from app_hidden.agent_checkpoint_writes w
    where w.workspace_id = of_workspace and w.owner_id = of_owner and w.thread_id = of_thread and w.id >= since
  );
$$;
comment on function app_private.is_agent_thread_alive(uuid, uuid, text, uuid) is 'Whether a thread of an agent has something that is newer than an id.';
-- Deliberately not granted: app_hidden.delete_old_agent_threads calls it.
