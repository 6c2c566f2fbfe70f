--! Previous: sha1:3cc2eeb981815c0aa012c23c5c71da4563ba9535
--! Hash: sha1:9b7e22ffc851ef04d4176916cf59f5b3da3ad5b7
--! Message: agent checkpoints

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 40-checkpoints.sql
-- Where agents keep how far they are: checkpoints of LangGraph and what belongs to each. functions/agents writes and reads them.
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
create table if not exists app_hidden.agent_checkpoints (
  id uuid not null default uuidv7() constraint agent_checkpoints_pkey primary key,
  workspace_id uuid not null constraint agent_checkpoints_workspace_id_fkey references app_public.workspaces (id) on delete cascade,
  owner_id uuid not null constraint agent_checkpoints_owner_id_fkey references app_public.users (id) on delete cascade,
  thread_id text collate "C" not null constraint agent_checkpoints_thread_id_length check (char_length(thread_id) between 1 and 200),
  namespace text collate "C" not null constraint agent_checkpoints_namespace_length check (char_length(namespace) <= 500),
  checkpoint_id text collate "C" not null constraint agent_checkpoints_checkpoint_id_length check (char_length(checkpoint_id) between 1 and 200),
  parent_id text collate "C" constraint agent_checkpoints_parent_id_length check (char_length(parent_id) between 1 and 200),
  type text not null constraint agent_checkpoints_type_length check (char_length(type) between 1 and 50),
  content bytea not null constraint agent_checkpoints_content_length check (octet_length(content) <= 3000000),
  metadata jsonb not null default '{}' constraint agent_checkpoints_metadata_object check (jsonb_typeof(metadata) = 'object'),
  -- serves: one checkpoint, the latest of a thread, and the foreign key from workspaces
  constraint agent_checkpoints_place_key unique (workspace_id, owner_id, thread_id, namespace, checkpoint_id)
);
alter table app_hidden.agent_checkpoints enable row level security;
alter table app_hidden.agent_checkpoints force row level security;
-- serves: the erasure of a person, and the foreign key from users
create index if not exists agent_checkpoints_owner_id_idx on app_hidden.agent_checkpoints (owner_id);
comment on table app_hidden.agent_checkpoints is 'How far agents of a member are: the states of LangGraph, as its serializer writes them. Read and written by their owner, through functions.';
comment on column app_hidden.agent_checkpoints.id is 'Which one; also when it was stored.';
comment on column app_hidden.agent_checkpoints.workspace_id is 'The tenant.';
comment on column app_hidden.agent_checkpoints.owner_id is 'Whose it is.';
comment on column app_hidden.agent_checkpoints.thread_id is 'The thread, as the agent calls it: its own of the owner in the workspace.';
comment on column app_hidden.agent_checkpoints.namespace is 'The graph within the graph; empty for the outermost.';
comment on column app_hidden.agent_checkpoints.checkpoint_id is 'Its id in the thread. Later ones sort behind earlier ones.';
comment on column app_hidden.agent_checkpoints.parent_id is 'The checkpoint that it follows.';
comment on column app_hidden.agent_checkpoints.type is 'How the content is written, as the serializer says.';
comment on column app_hidden.agent_checkpoints.content is 'The state. Opaque.';
comment on column app_hidden.agent_checkpoints.metadata is 'What lists are filtered by.';

create table if not exists app_hidden.agent_checkpoint_writes (
  id uuid not null default uuidv7() constraint agent_checkpoint_writes_pkey primary key,
  workspace_id uuid not null constraint agent_checkpoint_writes_workspace_id_fkey references app_public.workspaces (id) on delete cascade,
  owner_id uuid not null constraint agent_checkpoint_writes_owner_id_fkey references app_public.users (id) on delete cascade,
  thread_id text collate "C" not null constraint agent_checkpoint_writes_thread_id_length check (char_length(thread_id) between 1 and 200),
  namespace text collate "C" not null constraint agent_checkpoint_writes_namespace_length check (char_length(namespace) <= 500),
  checkpoint_id text collate "C" not null constraint agent_checkpoint_writes_checkpoint_id_length check (char_length(checkpoint_id) between 1 and 200),
  task_id text collate "C" not null constraint agent_checkpoint_writes_task_id_length check (char_length(task_id) between 1 and 200),
  task_path text collate "C" not null default '' constraint agent_checkpoint_writes_task_path_length check (char_length(task_path) <= 2000),
  write_index integer not null,
  channel text not null constraint agent_checkpoint_writes_channel_length check (char_length(channel) between 1 and 500),
  type text not null constraint agent_checkpoint_writes_type_length check (char_length(type) between 1 and 50),
  content bytea not null constraint agent_checkpoint_writes_content_length check (octet_length(content) <= 3000000),
  -- serves: the writes of a checkpoint in their order, and the foreign key from workspaces
  constraint agent_checkpoint_writes_place_key unique (workspace_id, owner_id, thread_id, namespace, checkpoint_id, task_id, write_index)
);
alter table app_hidden.agent_checkpoint_writes enable row level security;
alter table app_hidden.agent_checkpoint_writes force row level security;
-- serves: the erasure of a person, and the foreign key from users
create index if not exists agent_checkpoint_writes_owner_id_idx on app_hidden.agent_checkpoint_writes (owner_id);
comment on table app_hidden.agent_checkpoint_writes is 'What tasks of an agent wrote after a checkpoint and before the next one. They may come before their checkpoint does, so there is no foreign key to it.';
comment on column app_hidden.agent_checkpoint_writes.id is 'Which one; also when it was stored.';
comment on column app_hidden.agent_checkpoint_writes.workspace_id is 'The tenant.';
comment on column app_hidden.agent_checkpoint_writes.owner_id is 'Whose it is.';
comment on column app_hidden.agent_checkpoint_writes.thread_id is 'The thread.';
comment on column app_hidden.agent_checkpoint_writes.namespace is 'The graph within the graph; empty for the outermost.';
comment on column app_hidden.agent_checkpoint_writes.checkpoint_id is 'The checkpoint that it follows.';
comment on column app_hidden.agent_checkpoint_writes.task_id is 'The task that wrote it.';
comment on column app_hidden.agent_checkpoint_writes.task_path is 'Where the task is in its graph; writes come back in its order.';
comment on column app_hidden.agent_checkpoint_writes.write_index is 'Its place among the writes of the task; below zero for errors, interrupts and answers to them, of which the last one counts.';
comment on column app_hidden.agent_checkpoint_writes.channel is 'What was written to.';
comment on column app_hidden.agent_checkpoint_writes.type is 'How the content is written, as the serializer says.';
comment on column app_hidden.agent_checkpoint_writes.content is 'The value. Opaque.';

-- What putAgentCheckpointWrites takes and agentCheckpoints gives.
do $$
begin
  if to_regtype('app_public.agent_checkpoint_write') is null then
    create type app_public.agent_checkpoint_write as (task_id text, task_path text, write_index integer, channel text, type text, content bytea);
  end if;
  if to_regtype('app_public.agent_checkpoint') is null then
    create type app_public.agent_checkpoint as (
      thread_id text, namespace text, checkpoint_id text, parent_id text, type text, content bytea, metadata jsonb,
      writes app_public.agent_checkpoint_write[]
    );
  end if;
end
$$;
comment on type app_public.agent_checkpoint_write is 'What a task of an agent wrote after a checkpoint.';
comment on column app_public.agent_checkpoint_write.task_id is 'The task that wrote it.';
comment on column app_public.agent_checkpoint_write.task_path is 'Where the task is in its graph; writes come back in its order.';
comment on column app_public.agent_checkpoint_write.write_index is 'Its place among the writes of the task; below zero the last one counts, otherwise the first.';
comment on column app_public.agent_checkpoint_write.channel is 'What was written to.';
comment on column app_public.agent_checkpoint_write.type is 'How the content is written, as the serializer says.';
comment on column app_public.agent_checkpoint_write.content is 'The value, in base64.';
comment on type app_public.agent_checkpoint is 'How far an agent is: a state of LangGraph.';
comment on column app_public.agent_checkpoint.thread_id is 'The thread.';
comment on column app_public.agent_checkpoint.namespace is 'The graph within the graph; empty for the outermost.';
comment on column app_public.agent_checkpoint.checkpoint_id is 'Its id in the thread.';
comment on column app_public.agent_checkpoint.parent_id is 'The checkpoint that it follows.';
comment on column app_public.agent_checkpoint.type is 'How the content is written, as the serializer says.';
comment on column app_public.agent_checkpoint.content is 'The state, in base64.';
comment on column app_public.agent_checkpoint.metadata is 'What lists are filtered by.';
comment on column app_public.agent_checkpoint.writes is 'What tasks wrote after it, in their order.';

insert into app_private.settings (name, value, unit, description) values
  ('agent_checkpoint_days', '365', 'days', 'Days after which threads of agents are removed of which no checkpoint was written since.')
on conflict (name) do nothing;
