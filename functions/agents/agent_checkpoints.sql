-- Reads states of the caller's agents, the latest first, with what was written after each. Security definer: the tables are closed to
-- requests; it gives what is the caller's own in the workspace. At most 100 at once, and 8 MB of states: the next page begins before the
-- last one, by "before", so what has the same id in several threads comes together.
create or replace function app_public.agent_checkpoints(
  thread_id text default null,
  namespace text default null,
  checkpoint_id text default null,
  before text default null,
  metadata jsonb default '{}',
  max_rows integer default 10
)
returns app_public.agent_checkpoint[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
-- which of the arguments are there decides about the index
set plan_cache_mode = force_custom_plan
as $$
declare
  workspace constant uuid := app_hidden.current_workspace_id();
  caller constant uuid := app_hidden.current_user_id();
begin
  perform app_hidden.require_member();
  if coalesce(agent_checkpoints.max_rows, 0) not between 1 and 100 then
    raise exception 'maxRows is 1 to 100.' using errcode = 'CQ200', hint = 'Ask for the next ones with before: the checkpointId of the last one.';
  end if;
  return (
    select array_agg(
      (
        f.thread_id, f.namespace, f.checkpoint_id, f.parent_id, f.type, f.content, f.metadata,
        array(
          select (w.task_id, w.task_path, w.write_index, w.channel, w.type, w.content)::app_public.agent_checkpoint_write
          from app_hidden.agent_checkpoint_writes w
          where w.workspace_id = workspace and w.owner_id = caller and w.thread_id = f.thread_id and w.namespace = f.namespace
            and w.checkpoint_id = f.checkpoint_id
          order by w.task_path, w.task_id, w.write_index
        )
      )::app_public.agent_checkpoint
      order by f.checkpoint_id desc, f.thread_id, f.namespace
    )
    from (
      select c.*, rank() over latest as place, sum(octet_length(c.content)) over latest as bytes
      from (
        select k.*
        from app_hidden.agent_checkpoints k
        where k.workspace_id = workspace and k.owner_id = caller
          and (agent_checkpoints.thread_id is null or k.thread_id = agent_checkpoints.thread_id)
          and (agent_checkpoints.namespace is null or k.namespace = agent_checkpoints.namespace)
          and (agent_checkpoints.checkpoint_id is null or k.checkpoint_id = agent_checkpoints.checkpoint_id)
          and (agent_checkpoints.before is null or k.checkpoint_id < agent_checkpoints.before)
          and k.metadata @> coalesce(agent_checkpoints.metadata, '{}')
        order by k.checkpoint_id desc
        fetch first agent_checkpoints.max_rows rows with ties
      ) as c
      window latest as (order by c.checkpoint_id desc)
    ) as f
    where f.place = 1 or f.bytes <= 8000000
  );
end
$$;
comment on function app_public.agent_checkpoints(text, text, text, text, jsonb, integer) is
  'States of your agents, the latest first: of a thread, a namespace, one of an id, those before an id, those whose metadata contain something; at most maxRows (1 to 100), and of large ones fewer. Errors: CQ101, CQ200.
@arg thread_id Of this thread.
@arg namespace Of this namespace; empty for the outermost.
@arg checkpoint_id The one of this id.
@arg before Those before this id: the last one of a page, for the next page.
@arg metadata Those whose metadata contain this object.
@arg max_rows At most so many: 1 to 100.';
grant execute on function app_public.agent_checkpoints(text, text, text, text, jsonb, integer) to colloquy_user, colloquy_admin;
