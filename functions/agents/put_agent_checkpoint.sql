-- Stores a state of an agent of the caller. Security definer: the tables are closed to requests, so that a state is never of somebody else and
-- always counted. The same id again is the state as it is now; what has not changed is not written.
create or replace function app_public.put_agent_checkpoint(
  thread_id text,
  checkpoint_id text,
  type text,
  content bytea,
  namespace text default '',
  parent_id text default null,
  metadata jsonb default '{}'
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => true);
  perform app_private.check_checkpoint_place(put_agent_checkpoint.thread_id, coalesce(put_agent_checkpoint.namespace, ''), put_agent_checkpoint.checkpoint_id);
  if char_length(put_agent_checkpoint.parent_id) not between 1 and 200 or jsonb_typeof(coalesce(put_agent_checkpoint.metadata, '{}')) <> 'object' then
    raise exception 'parentId has 1 to 200 characters, and metadata is an object.' using errcode = 'CQ200', hint = 'Leave out what there is not.';
  end if;
  perform app_private.check_checkpoint_content(put_agent_checkpoint.type, put_agent_checkpoint.content);
  insert into app_hidden.agent_checkpoints as c (workspace_id, owner_id, thread_id, namespace, checkpoint_id, parent_id, type, content, metadata)
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), put_agent_checkpoint.thread_id, coalesce(put_agent_checkpoint.namespace, ''),
    put_agent_checkpoint.checkpoint_id, put_agent_checkpoint.parent_id, put_agent_checkpoint.type, put_agent_checkpoint.content,
    coalesce(put_agent_checkpoint.metadata, '{}')
  )
  on conflict on constraint agent_checkpoints_place_key do update
  set parent_id = excluded.parent_id, type = excluded.type, content = excluded.content, metadata = excluded.metadata
  where (c.parent_id, c.type, c.content, c.metadata) is distinct from (excluded.parent_id, excluded.type, excluded.content, excluded.metadata);
  return put_agent_checkpoint.checkpoint_id;
end
$$;
comment on function app_public.put_agent_checkpoint(text, text, text, bytea, text, text, jsonb) is
  'Stores a state of an agent, in a thread of your own, and returns its id. The same id again changes it. Errors: CQ101, CQ109, CQ120 a legal hold keeps the one that is there, CQ200 unusable argument, CQ222, CQ223, CQ850 larger than 3,000,000 bytes.
@arg thread_id The thread, as the agent calls it: 1 to 200 characters, your own in the workspace.
@arg checkpoint_id Its id in the thread: 1 to 200 characters. Later ones sort behind earlier ones.
@arg type How the content is written, as the serializer says.
@arg content The state, in base64.
@arg namespace The graph within the graph; empty for the outermost.
@arg parent_id The checkpoint that it follows.
@arg metadata An object that lists are filtered by.';
grant execute on function app_public.put_agent_checkpoint(text, text, text, bytea, text, text, jsonb) to colloquy_user, colloquy_admin;
