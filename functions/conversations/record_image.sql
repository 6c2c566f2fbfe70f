-- Writes down an image that was generated in a conversation, and what it cost. Its bytes are those of a file that the caller has
-- uploaded, whose kind and size the server read from the bytes themselves; or the client's own business, and then it says them.
create or replace function app_public.record_image(
  conversation_id uuid,
  prompt text,
  storage_path text default null,
  width integer default null,
  height integer default null,
  format text default null,
  message_id uuid default null,
  provider text default null,
  model text default null,
  generation_time_ms integer default null,
  cost_usd numeric default null,
  file_id uuid default null
)
returns app_public.generated_images
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  bytes app_public.files;
  image app_public.generated_images;
begin
  conversation := app_private.lock_conversation(record_image.conversation_id);
  if record_image.message_id is not null and not exists (
    select from app_public.messages m where m.id = record_image.message_id and m.conversation_id = conversation.id
  ) then
    raise exception 'There is no such message in this conversation.' using errcode = 'CQ204', hint = 'messageId must be a message of the same conversation.';
  end if;
  if record_image.file_id is not null then
    bytes := app_private.take_image_file(record_image.file_id, conversation);
  elsif num_nulls(record_image.storage_path, record_image.width, record_image.height) > 0 then
    raise exception 'An image needs its bytes.' using errcode = 'CQ200',
      hint = 'Upload them by POST /files, and give fileId; or give storagePath, width and height of where you keep them.';
  end if;
  insert into app_public.generated_images (
    workspace_id, conversation_id, message_id, owner_id, prompt, provider, model, file_id, storage_path, width, height, format, generation_time_ms, cost_usd
  )
  values (
    conversation.workspace_id, conversation.id, record_image.message_id, app_hidden.current_user_id(), record_image.prompt,
    record_image.provider, record_image.model, bytes.id, coalesce(bytes.storage_path, record_image.storage_path),
    coalesce((bytes.metadata -> 'image' ->> 'width')::integer, record_image.width),
    coalesce((bytes.metadata -> 'image' ->> 'height')::integer, record_image.height),
    coalesce(substring(bytes.mime_type from '/(.*)$'), record_image.format, 'png'), record_image.generation_time_ms, record_image.cost_usd
  )
  returning * into image;
  if image.cost_usd > 0 then
    perform app_private.require_quota();
  end if;
  insert into app_public.usage_logs (workspace_id, user_id, conversation_id, message_id, action, provider, model, cost_usd)
  select image.workspace_id, image.owner_id, image.conversation_id, image.message_id, 'image', image.provider, image.model, image.cost_usd
  where image.cost_usd > 0;
  return image;
end
$$;
comment on function app_public.record_image(uuid, text, text, integer, integer, text, uuid, text, text, integer, numeric, uuid) is
  'Writes down an image that was generated in a conversation. fileId is an image of yours that was uploaded; its kind and size are taken from it. Errors: CQ101, CQ109, CQ200 a value out of range or no bytes, CQ204 no such conversation, message or image of yours, CQ221 your monthly quota is spent.';
grant execute on function app_public.record_image(uuid, text, text, integer, integer, text, uuid, text, text, integer, numeric, uuid)
  to colloquy_user, colloquy_admin;
