-- Makes a link for visitors, up to one message. Only the owner of a conversation shares it. The token leaves the database
-- once, here; what stays is its hash.
create or replace function app_public.share_conversation(
  conversation_id uuid, until_message_id uuid default null, expires_at timestamptz default null
)
returns app_public.conversation_share_link
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  conversation app_public.conversations;
  token text := 'cqh_' || encode(gen_random_bytes(32), 'hex');
  link app_public.conversation_share_link;
begin
  conversation := app_private.lock_conversation(share_conversation.conversation_id);
  link.until_message_id := coalesce(share_conversation.until_message_id, conversation.preferred_leaf_id, conversation.last_message_id);
  if conversation.owner_id <> app_hidden.current_user_id() or not exists (
    select from app_public.messages m where m.id = link.until_message_id and m.conversation_id = conversation.id
  ) then
    raise exception 'There is no such conversation or message of yours.' using errcode = 'CQ204',
      hint = 'Only its owner shares a conversation, up to one of its messages.';
  end if;
  if share_conversation.expires_at <= clock_timestamp() then
    raise exception 'The link would have expired already.' using errcode = 'CQ200', hint = 'Leave expiresAt out, or choose a time to come.';
  end if;
  insert into app_public.conversation_shares (workspace_id, conversation_id, created_by, token_hash, until_message_id, expires_at)
  values (
    conversation.workspace_id, conversation.id, app_hidden.current_user_id(), sha256(convert_to(token, 'UTF8')), link.until_message_id,
    share_conversation.expires_at
  )
  returning id into link.id;
  link.token := token;
  link.conversation_id := conversation.id;
  link.expires_at := share_conversation.expires_at;
  return link;
end
$$;
comment on function app_public.share_conversation(uuid, uuid, timestamptz) is
  'Makes a link by which anybody reads a conversation of yours up to one message (the last one, unless you name another). The token is shown once. Errors: CQ101, CQ109, CQ200 expired already, CQ204 no such conversation or message of yours.';
grant execute on function app_public.share_conversation(uuid, uuid, timestamptz) to colloquy_user, colloquy_admin;
