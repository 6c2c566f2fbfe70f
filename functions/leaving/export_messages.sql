-- Messages of one conversation for a person's archive, whatever tier it is in: of an own one all, of another's those that the person
-- wrote. Nothing is restored for it.
create or replace function app_hidden.export_messages(of_person uuid, of_conversation uuid, after uuid default null, max_rows integer default 500)
returns table (key text, line text)
language plpgsql
stable
security definer
rows 500
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
begin
  perform app_private.require_export(of_person);
  perform app_private.require_batch(max_rows);
  select c.* into conversation from app_public.conversations c where c.id = of_conversation;
  if conversation.storage_tier = 'hot' then
    return query
    select m.id::text, (
        case when m.status = 'streaming' then to_jsonb(m) || jsonb_build_object('content', app_private.text_so_far(m.id)) else to_jsonb(m) end
      )::text
    from app_public.messages m
    where m.conversation_id = conversation.id and m.id > coalesce(export_messages.after, conversation.id) and m.id <= conversation.last_message_id
      and (conversation.owner_id = of_person or m.author_id = of_person)
    order by m.id
    limit max_rows;
  elsif conversation.owner_id = of_person then
    return query
    select m.id::text, to_jsonb(m)::text from app_private.packed_messages(conversation, null, max_rows, export_messages.after, false) as m order by m.id;
  else
    return query
    select m.id::text, to_jsonb(m)::text
    from app_private.packed_messages(conversation, null, null, export_messages.after, false) as m
    where m.author_id = of_person
    order by m.id
    limit max_rows;
  end if;
end
$$;
comment on function app_hidden.export_messages(uuid, uuid, uuid, integer) is
  'Messages of a conversation for a person''s archive, the oldest first. Errors: CQ101 not signed in, CQ110 not with an API key, CQ200, CQ204 not the own account, CQ260 a damaged archive.';
grant execute on function app_hidden.export_messages(uuid, uuid, uuid, integer) to colloquy_user, colloquy_admin;
