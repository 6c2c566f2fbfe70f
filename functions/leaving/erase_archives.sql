-- What the person wrote in conversations of others that are packed: those are restored, and rewritten by the steps behind this one; the
-- job that packs finds them again. Every document is read, since a person may have left the workspace long ago.
create or replace function app_private.erase_archives(erasure app_hidden.pending_erasures, max_rows integer)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  looked_at record;
  conversation app_public.conversations;
  last_id uuid;
  restored integer := 0;
begin
  for looked_at in
    select a.conversation_id, exists (
      select from app_hidden.conversation_archive_parts p
      where p.conversation_id = a.conversation_id and strpos(p.document, erasure.user_id::text) > 0
    ) as is_meant, exists (
      select from app_hidden.conversation_archive_parts p where p.conversation_id = a.conversation_id and p.document is null
    ) as is_elsewhere
    from app_hidden.conversation_archives a
    where a.conversation_id > coalesce((erasure.progress ->> 'after')::uuid, '00000000-0000-0000-0000-000000000000')
    order by a.conversation_id
    limit greatest(max_rows / 50, 1)
  loop
    last_id := looked_at.conversation_id;
    if looked_at.is_elsewhere then
      raise exception 'The archive of conversation % is not in the database.', looked_at.conversation_id
        using errcode = 'CQ766', hint = 'It has to be brought back from the storage of files first: npm run ops -- cold recall --all';
    end if;
    continue when not looked_at.is_meant;
    select c.* into conversation from app_public.conversations c where c.id = looked_at.conversation_id for update;
    continue when conversation.id is null or conversation.owner_id = erasure.user_id;
    conversation := app_private.unpack_conversation(conversation);
    restored := restored + 1;
  end loop;
  if last_id is null then
    return null;
  end if;
  update app_hidden.pending_erasures p set progress = jsonb_build_object('after', last_id) where p.id = erasure.id;
  return jsonb_build_object('conversation_archives', restored);
end
$$;
comment on function app_private.erase_archives(app_hidden.pending_erasures, integer) is
  'Restores the packed conversations of others in which the person wrote. Raises CQ260 where an archive is damaged.';
