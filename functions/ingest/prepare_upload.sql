-- What the server asks before it takes the first byte of a file: who sends it, whether they may, what it is, and how large
-- it may be. It must never write: an upload that is interrupted afterwards has left nothing.
create or replace function app_hidden.prepare_upload(
  original_name text,
  mime_type text default null,
  byte_size bigint default null,
  conversation_id uuid default null
)
returns table (accepted_type text, max_bytes bigint)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  given_type text := lower(trim(split_part(prepare_upload.mime_type, ';', 1)));
  extension text := lower(substring(prepare_upload.original_name from '\.([^.]+)$'));
  config app_public.file_type_configs;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(given_type, '') in ('', 'application/octet-stream') then
    -- whoever says nothing of the type says it by the name
    select c.* into config from app_public.file_type_configs c where extension = any (c.extensions) and c.is_enabled order by c.mime_type limit 1;
  else
    select c.* into config from app_public.file_type_configs c where c.mime_type = given_type and c.is_enabled;
  end if;
  if config.mime_type is null then
    raise exception 'Files of the type "%" are not accepted.', left(coalesce(nullif(given_type, ''), extension, 'unknown'), 200)
      using errcode = 'CQ244', hint = 'Send text, code, HTML, PDF, mail, a document of an office program, or an image: PNG, JPEG, WebP, GIF, AVIF.';
  end if;
  if prepare_upload.byte_size > config.max_bytes then
    raise exception 'A file of this type has at most % bytes; this one has %.', config.max_bytes, prepare_upload.byte_size
      using errcode = 'CQ244', hint = 'Split it.';
  end if;
  if prepare_upload.conversation_id is not null and not exists (
    select from app_public.conversations c
    where c.workspace_id = workspace and c.id = prepare_upload.conversation_id and (c.owner_id = caller or c.visibility = 'workspace')
  ) then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return query select config.mime_type, config.max_bytes;
end
$$;
comment on function app_hidden.prepare_upload(text, text, bigint, uuid) is
  'Whether the caller may store such a file: its type, which the name tells when nobody else does, and how large it may be. Errors: CQ101, CQ109, CQ110, CQ204 no such conversation, CQ244 type or size not accepted.';
grant execute on function app_hidden.prepare_upload(text, text, bigint, uuid) to colloquy_user, colloquy_admin;
