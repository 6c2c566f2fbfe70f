-- The rows of stored files. register_file is called by the server alone, in the request of whoever sends the file, after it
-- has computed the hash from the bytes: it must never be exposed to clients, because a hash that is merely claimed would
-- hand out what somebody else of the workspace has stored. The states are set by the worker.
create or replace function app_hidden.register_file(
  original_name text,
  mime_type text,
  byte_size bigint,
  sha256 bytea,
  conversation_id uuid default null,
  visibility app_public.visibility default 'private',
  metadata jsonb default '{}'
)
returns app_public.files
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  config app_public.file_type_configs;
  result app_public.files;
begin
  perform app_hidden.require_member(for_writing => true);
  select c.* into config from app_public.file_type_configs c where c.mime_type = lower(register_file.mime_type) and c.is_enabled;
  if config.mime_type is null then
    raise exception 'Files of the type "%" are not accepted.', left(register_file.mime_type, 200) using errcode = 'CQ244', hint = 'Send text, markdown, code, HTML, PDF or DOCX.';
  end if;
  if register_file.byte_size > config.max_bytes then
    raise exception 'A file of this type has at most % bytes; this one has %.', config.max_bytes, register_file.byte_size
      using errcode = 'CQ244', hint = 'Split it.';
  end if;
  if register_file.conversation_id is not null and not exists (
    select from app_public.conversations c
    where c.workspace_id = workspace and c.id = register_file.conversation_id and (c.owner_id = caller or c.visibility = 'workspace')
  ) then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  insert into app_public.files (workspace_id, owner_id, visibility, original_name, mime_type, byte_size, sha256, conversation_id, metadata)
  values (
    workspace, caller, coalesce(register_file.visibility, 'private'), left(regexp_replace(register_file.original_name, '^.*[/\\]', ''), 255),
    config.mime_type, register_file.byte_size, register_file.sha256, register_file.conversation_id, coalesce(register_file.metadata, '{}')
  )
  on conflict (workspace_id, sha256, owner_id) do nothing
  returning * into result;
  if result.id is null then
    select f.* into result from app_public.files f
    where f.workspace_id = workspace and f.sha256 = register_file.sha256 and f.owner_id = caller;
  end if;
  return result;
end
$$;
comment on function app_hidden.register_file(text, text, bigint, bytea, uuid, app_public.visibility, jsonb) is
  'The row of a file that the server has stored; for equal content of the same owner, the first one. Errors: CQ101, CQ109, CQ204 no such conversation, CQ244 type or size not accepted.';
grant execute on function app_hidden.register_file(text, text, bigint, bytea, uuid, app_public.visibility, jsonb) to colloquy_user, colloquy_admin;

create or replace function app_hidden.set_file_status(
  for_workspace uuid,
  for_file uuid,
  new_status app_public.processing_status,
  new_error text default null,
  new_extracted_length integer default null,
  new_chunk_count integer default null,
  from_document uuid default null
)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.files f
  set processing_status = new_status,
    error = case when new_status = 'failed' then left(coalesce(new_error, 'unknown'), 2000) end,
    extracted_length = coalesce(new_extracted_length, f.extracted_length), chunk_count = coalesce(new_chunk_count, f.chunk_count),
    updated_at = clock_timestamp()
  where f.workspace_id = for_workspace and f.id = for_file
    -- what is completed stays so: a job that comes late changes nothing
    and (f.processing_status <> 'completed' or new_status = 'completed');
  if not found then
    return false;
  end if;
  update app_public.documents d
  set file_id = for_file
  where d.workspace_id = for_workspace and d.id = from_document
    and d.owner_id = (select f.owner_id from app_public.files f where f.id = for_file);
  return true;
end
$$;
comment on function app_hidden.set_file_status(uuid, uuid, app_public.processing_status, text, integer, integer, uuid) is
  'Says how far the reading of a file is, and which document of the same owner came of it. False when the file is gone or completed already.';
grant execute on function app_hidden.set_file_status(uuid, uuid, app_public.processing_status, text, integer, integer, uuid) to colloquy_worker;
