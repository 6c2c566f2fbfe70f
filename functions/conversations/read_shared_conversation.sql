-- What a link shows to anybody who has it: title, and the messages that lead to the one it was made for. Never a later one,
-- another branch, a message of the system or of a tool, an id or a name. Null for a token that is unknown, expired or
-- revoked, and for one whose maker could not make it now: no member any more or a viewer, switched off, made with a key that has
-- ended, older than the workspace allows. Which of them is not told.
create or replace function app_public.read_shared_conversation(token text)
returns app_public.shared_conversation
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  share record;
  conversation app_public.conversations;
  result app_public.shared_conversation;
begin
  if token is null or token !~ '^cqh_[0-9a-f]{64}$' then
    return null;
  end if;
  select s.id, s.conversation_id, s.until_message_id, c.title, c.storage_tier into share
  from app_public.conversation_shares s
  join app_public.conversations c on c.workspace_id = s.workspace_id and c.id = s.conversation_id
  join app_public.workspaces w on w.id = s.workspace_id and w.allows_public_links
  join app_public.workspace_members m on m.workspace_id = s.workspace_id and m.user_id = s.created_by and m.role <> 'viewer'
  join app_public.users u on u.id = s.created_by and u.is_active
  where s.token_hash = sha256(convert_to(token, 'UTF8'))
    and s.revoked_at is null
    and (s.expires_at is null or s.expires_at > clock_timestamp())
    and (w.longest_link_days is null or uuid_extract_timestamp(s.id) + make_interval(days => w.longest_link_days) > clock_timestamp())
    and (s.api_key_id is null or app_private.is_key_alive(s.api_key_id))
    and (c.expires_at is null or c.expires_at > clock_timestamp());
  if share.conversation_id is null then
    return null;
  end if;
  perform app_private.note_link_read(share.id);
  result.title := share.title;
  if share.storage_tier <> 'hot' then
    select c.* into conversation from app_public.conversations c where c.id = share.conversation_id;
    select coalesce(
      array_agg(row(m.role, m.content, m.model, uuid_extract_timestamp(m.id))::app_public.shared_message order by m.sequence_number), '{}'
    )
    into result.messages
    from app_private.packed_message_path(conversation, share.until_message_id) as m
    where m.role in ('user', 'assistant');
    return result;
  end if;
  select coalesce(
    array_agg(row(m.role, m.content, m.model, uuid_extract_timestamp(m.id))::app_public.shared_message order by m.sequence_number), '{}'
  )
  into result.messages
  from app_private.message_path(share.conversation_id, share.until_message_id) as p
  join app_public.messages m on m.id = p.id
  -- an answer is shown when it has ended
  where m.role in ('user', 'assistant') and m.status <> 'streaming';
  return result;
end
$$;
comment on function app_public.read_shared_conversation(text) is
  'What a link to a conversation shows; no account is needed. Null when the token is unknown, expired or revoked, or who made it may no longer share.';
grant execute on function app_public.read_shared_conversation(text) to colloquy_visitor, colloquy_user, colloquy_admin;
