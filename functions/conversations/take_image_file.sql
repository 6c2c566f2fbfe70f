-- The file with the bytes of an image of a conversation. Who reads the conversation reads it, too: it is that of the conversation from
-- then on. Must never take what somebody else has stored, what is in another workspace or conversation, or what is no image.
create or replace function app_private.take_image_file(file_id uuid, conversation app_public.conversations)
returns app_public.files
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.files;
begin
  select f.* into result
  from app_public.files f
  where f.workspace_id = conversation.workspace_id and f.id = take_image_file.file_id and f.owner_id = app_hidden.current_user_id()
    and f.sha256 is not null and f.metadata ? 'image' and coalesce(f.conversation_id, conversation.id) = conversation.id
  for no key update;
  if result.id is null then
    raise exception 'There is no such image.' using errcode = 'CQ204',
      hint = 'fileId must be an image that you have uploaded by POST /files, in no other conversation.';
  end if;
  if result.conversation_id is null or result.visibility <> conversation.visibility and conversation.visibility = 'workspace' then
    update app_public.files f
    set conversation_id = case when app_private.is_held(f.workspace_id, 'files') then f.conversation_id else conversation.id end,
      visibility = case when conversation.visibility = 'workspace' then 'workspace' else f.visibility end,
      updated_at = clock_timestamp()
    where f.id = result.id
    returning f.* into result;
  end if;
  return result;
end
$$;
comment on function app_private.take_image_file(uuid, app_public.conversations) is
  'The caller''s uploaded image, which becomes a file of the conversation. Raises CQ204.';
