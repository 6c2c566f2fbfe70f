-- Makes a packed conversation hot again: its rows as they were, ids and times included. The caller holds the lock of its row,
-- and has seen its tier there: a hot conversation never comes here. The archive goes last, and only when it was whole.
create or replace function app_private.unpack_conversation(conversation app_public.conversations)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
  archived app_hidden.conversation_archives;
  piece app_hidden.conversation_archive_parts;
  names text;
  added integer;
  messages integer := 0;
  feedback integer := 0;
  result app_public.conversations;
begin
  if conversation.storage_tier = 'hot' then
    return conversation;
  end if;
  archived := app_private.check_archive(conversation.id);

  -- the conversation is packed until the last row is back: the triggers that count look at that
  for piece in
    select p.* from app_hidden.conversation_archive_parts p where p.conversation_id = conversation.id order by p.packed::regclass::text, p.part
  loop
    select string_agg(quote_ident(c.name), ', ') into names from unnest(app_private.packed_columns(piece.packed)) as c (name);
    execute format('insert into %s (%s) select %2$s from (%s) as t', piece.packed, names, app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id;
    get diagnostics added = row_count;
    messages := messages + case when piece.packed = 'app_public.messages'::regclass then added else 0 end;
    feedback := feedback + case when piece.packed = 'app_public.message_feedback'::regclass then added else 0 end;
  end loop;
  if messages <> archived.message_count then
    raise exception 'The archive of conversation % has % messages, and % came back.', conversation.id, archived.message_count, messages
      using errcode = 'CQ260', hint = 'Nothing was changed. Report it as a bug.';
  end if;

  delete from app_hidden.conversation_archives a where a.conversation_id = conversation.id;
  update app_public.conversations c set storage_tier = 'hot' where c.id = conversation.id returning c.* into result;
  if feedback > 0 then
    -- of an archive from when feedback was packed, too: it was counted long ago, and people may be gone
    update app_public.conversations c
    set
      positive_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'positive'),
      negative_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'negative')
    where c.id = conversation.id
    returning c.* into result;
  end if;
  update app_public.chunks c set tier = 'hot' where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.tier <> 'hot';
  return result;
end
$$;
comment on function app_private.unpack_conversation(app_public.conversations) is 'Restores a locked conversation and returns it as it is then. Raises CQ260 when its archive is damaged.';
