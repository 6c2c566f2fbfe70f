-- The bytes of a file that an import described before: the row of the attachment becomes one of a stored file, in its conversation, and is
-- read like any other. As register_file it is called by the server alone, which has computed the hash from the bytes, and must never
-- be exposed to clients. Equal content of the same owner is stored once: where it is already, that file is of the conversation
-- too, unless it is of another one, and the attachment says which it is (metadata.stored_as).
create or replace function app_hidden.register_attachment(
  of_conversation text,
  attachment text,
  original_name text,
  mime_type text,
  byte_size bigint,
  sha256 bytea,
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
  accepted_type text;
  described app_public.files;
  result app_public.files;
begin
  select p.accepted_type into accepted_type
  from app_hidden.prepare_upload(register_attachment.original_name, register_attachment.mime_type, register_attachment.byte_size) as p;
  select f.* into described from app_public.files f
  where f.workspace_id = workspace and f.owner_id = caller and f.external_id = of_conversation || '/' || attachment
  for no key update;
  if described.id is null or described.sha256 <> register_attachment.sha256 then
    -- deleted since, or another content under the same name: what was imported first stays
    return described;
  end if;
  -- until the end of this transaction nobody removes bytes of this content: the server puts them there meanwhile
  perform pg_advisory_xact_lock_shared(app_private.content_lock(app_private.content_path(workspace, register_attachment.sha256)));
  update app_public.files f
  set conversation_id = coalesce(f.conversation_id, described.conversation_id)
  where f.workspace_id = workspace and f.owner_id = caller and f.sha256 = register_attachment.sha256 and f.id <> described.id
  returning f.* into result;
  if result.id is not null then
    update app_public.files f set metadata = f.metadata || jsonb_build_object('stored_as', result.id) where f.id = described.id and not f.metadata ? 'stored_as';
    return result;
  end if;
  if described.sha256 is not null and described.processing_status <> 'failed' then
    return described;
  end if;
  update app_public.files f
  set sha256 = register_attachment.sha256, byte_size = register_attachment.byte_size, mime_type = accepted_type, source_url = f.external_id,
    processing_status = case when c.extractor = 'none' then 'completed'::app_public.processing_status else 'pending' end,
    attempts = 0, retry_at = null, error = null, error_code = null, updated_at = clock_timestamp(),
    metadata = f.metadata - 'bytes' || coalesce(register_attachment.metadata, '{}')
  from app_public.file_type_configs c
  where f.id = described.id and c.mime_type = accepted_type
  returning f.* into result;
  perform app_private.count_storage(workspace, result.byte_size - coalesce(described.byte_size, 0), 0);
  return result;
end
$$;
comment on function app_hidden.register_attachment(text, text, text, text, bigint, bytea, jsonb) is
  'Gives an attachment of an imported conversation its bytes, which the server has stored; the stored file, or null when the attachment is gone. Errors: CQ101, CQ109, CQ110, CQ120 it is held, CQ244 type or size not accepted.';
grant execute on function app_hidden.register_attachment(text, text, text, text, bigint, bytea, jsonb) to colloquy_user, colloquy_admin;
