-- The rows of stored files. It is called by the server alone, in the request of whoever sends the file, after it
-- has computed the hash from the bytes: it must never be exposed to clients, because a hash that is merely claimed would
-- hand out what somebody else of the workspace has stored.
create or replace function app_hidden.register_file(
  original_name text,
  mime_type text,
  byte_size bigint,
  sha256 bytea,
  conversation_id uuid default null,
  visibility app_public.visibility default 'private',
  metadata jsonb default '{}',
  source_url text default null
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
  bare_name text := left(regexp_replace(register_file.original_name, '^.*[/\\]', ''), 255);
  accepted_type text;
  -- of images nothing is read
  first_status app_public.processing_status;
  result app_public.files;
begin
  select p.accepted_type into accepted_type
  from app_hidden.prepare_upload(bare_name, register_file.mime_type, register_file.byte_size, register_file.conversation_id) as p;
  select case when c.extractor = 'none' then 'completed'::app_public.processing_status else 'pending' end into first_status
  from app_public.file_type_configs c where c.mime_type = accepted_type;
  -- until the end of this transaction nobody removes bytes of this content: the server puts them there meanwhile
  perform pg_advisory_xact_lock_shared(app_private.content_lock(app_private.content_path(workspace, register_file.sha256)));
  insert into app_public.files (workspace_id, owner_id, visibility, original_name, mime_type, byte_size, sha256, conversation_id, metadata, source_url, processing_status)
  values (
    workspace, caller, coalesce(register_file.visibility, 'private'), bare_name, accepted_type, register_file.byte_size, register_file.sha256,
    register_file.conversation_id, coalesce(register_file.metadata, '{}'), register_file.source_url, first_status
  )
  on conflict (workspace_id, sha256, owner_id) do nothing
  returning * into result;
  if result.id is not null then
    return result;
  end if;
  -- what failed, or whose document is gone or came of another file since, is read again
  update app_public.files f
  set processing_status = first_status, attempts = 0, retry_at = null, error = null, error_code = null,
    original_name = case when app_private.is_held(workspace, 'files') then f.original_name else bare_name end,
    mime_type = accepted_type, source_url = coalesce(register_file.source_url, f.source_url), updated_at = clock_timestamp()
  where f.workspace_id = workspace and f.sha256 = register_file.sha256 and f.owner_id = caller
    and (
      f.processing_status = 'failed'
      or f.processing_status = 'completed' and first_status = 'pending' and not exists (
        select from app_public.documents d where d.workspace_id = workspace and d.file_id = f.id
      )
    )
  returning * into result;
  if result.id is null then
    select f.* into result from app_public.files f
    where f.workspace_id = workspace and f.sha256 = register_file.sha256 and f.owner_id = caller;
  end if;
  return result;
end
$$;
comment on function app_hidden.register_file(text, text, bigint, bytea, uuid, app_public.visibility, jsonb, text) is
  'The row of a file that the server has stored; for equal content of the same owner, the first one, which is read again if it failed or has no document any more. Errors: CQ101, CQ109, CQ110, CQ204 no such conversation, CQ244 type or size not accepted.';
grant execute on function app_hidden.register_file(text, text, bigint, bytea, uuid, app_public.visibility, jsonb, text) to colloquy_user, colloquy_admin;
