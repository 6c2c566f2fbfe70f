-- Threads of agents that were not gone on with for agent_checkpoint_days. Never what a legal hold keeps, or what has a newer state.
create or replace function app_hidden.delete_old_agent_threads(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  since uuid := app_hidden.uuidv7_floor(clock_timestamp() - make_interval(days => app_hidden.setting('agent_checkpoint_days')::integer));
  workspace uuid;
  gone integer;
  removed integer := 0;
begin
  perform app_private.require_batch(max_rows);
  for workspace in
    select distinct e.workspace_id from (
      (select c.workspace_id from app_hidden.agent_checkpoints c where c.id < since)
      union
      (select w.workspace_id from app_hidden.agent_checkpoint_writes w where w.id < since)
    ) as e
    order by 1
  loop
    exit when removed >= max_rows;
    perform app_private.lock_holds(workspace);
    continue when app_private.is_held(workspace, 'conversations');
    delete from app_hidden.agent_checkpoint_writes w
    where w.id in (
      select e.id from app_hidden.agent_checkpoint_writes e
      where e.workspace_id = workspace and e.id < since and not app_private.is_agent_thread_alive(e.workspace_id, e.owner_id, e.thread_id, since)
      limit max_rows - removed for update skip locked
    );
    get diagnostics gone = row_count;
    removed := removed + gone;
    delete from app_hidden.agent_checkpoints c
    where c.id in (
      select e.id from app_hidden.agent_checkpoints e
      where e.workspace_id = workspace and e.id < since and not app_private.is_agent_thread_alive(e.workspace_id, e.owner_id, e.thread_id, since)
      limit max_rows - removed for update skip locked
    );
    get diagnostics gone = row_count;
    removed := removed + gone;
  end loop;
  return removed;
end
$$;
comment on function app_hidden.delete_old_agent_threads(integer) is
  'Removes threads of agents that were not gone on with for agent_checkpoint_days, at most so many rows. Returns how many. For the job.';
grant execute on function app_hidden.delete_old_agent_threads(integer) to colloquy_worker;
