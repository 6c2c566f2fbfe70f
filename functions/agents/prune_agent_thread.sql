-- Keeps the latest states of each namespace of a thread, and deletes those before them: an agent goes on from the latest, and the others are
-- for going back. Security definer, as put_agent_checkpoint is.
create or replace function app_public.prune_agent_thread(thread_id text, keep integer default 1)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace constant uuid := app_hidden.current_workspace_id();
  caller constant uuid := app_hidden.current_user_id();
  gone integer;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(prune_agent_thread.keep, 0) not between 1 and 1000 then
    raise exception 'keep is 1 to 1,000: how many states of each namespace stay.' using errcode = 'CQ200', hint = 'deleteAgentThread removes all of them.';
  end if;
  with old as (
    delete from app_hidden.agent_checkpoints c
    using (
      select k.id, row_number() over (partition by k.namespace order by k.checkpoint_id desc) as place
      from app_hidden.agent_checkpoints k
      where k.workspace_id = workspace and k.owner_id = caller and k.thread_id = prune_agent_thread.thread_id
    ) as p
    where p.id = c.id and p.place > prune_agent_thread.keep
    returning c.namespace, c.checkpoint_id
  ), writes as (
    delete from app_hidden.agent_checkpoint_writes w
    using old
    where w.workspace_id = workspace and w.owner_id = caller and w.thread_id = prune_agent_thread.thread_id
      and w.namespace = old.namespace and w.checkpoint_id = old.checkpoint_id
  )
  select count(*) into gone from old;
  return gone;
end
$$;
comment on function app_public.prune_agent_thread(text, integer) is
  'Deletes the states of a thread of an agent of yours but for the latest ones of each namespace, and returns how many went. Errors: CQ101, CQ109, CQ120 a legal hold keeps them, CQ200.
@arg thread_id The thread, as the agent calls it: 1 to 200 characters, your own in the workspace.
@arg keep How many states of each namespace stay: 1 to 1,000.';
grant execute on function app_public.prune_agent_thread(text, integer) to colloquy_user, colloquy_admin;
