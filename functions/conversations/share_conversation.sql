-- Makes a link for visitors, up to one message. Only the owner of a conversation shares it. The token leaves the database
-- once, here; what stays is its hash. A link never outlives the key that makes it.
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
  perform app_private.require_sharer();
  link.expires_at := app_private.link_expiry(share_conversation.expires_at);
  conversation := app_private.hold_conversation(share_conversation.conversation_id);
  link.until_message_id := coalesce(share_conversation.until_message_id, conversation.preferred_leaf_id, conversation.last_message_id);
  if conversation.owner_id <> app_hidden.current_user_id() or not exists (
    select from app_public.messages m where m.id = link.until_message_id and m.conversation_id = conversation.id
  ) then
    raise exception 'There is no such conversation or message of yours.' using errcode = 'CQ204',
      hint = 'Only its owner shares a conversation, up to one of its messages.';
  end if;
  insert into app_public.conversation_shares (workspace_id, conversation_id, created_by, token_hash, until_message_id, expires_at, api_key_id)
  values (
    conversation.workspace_id, conversation.id, app_hidden.current_user_id(), sha256(convert_to(token, 'UTF8')), link.until_message_id,
    link.expires_at, nullif(current_setting('colloquy.api_key_id', true), '')::uuid
  )
  returning id into link.id;
  link.token := token;
  link.conversation_id := conversation.id;
  return link;
end
$$;
comment on function app_public.share_conversation(uuid, uuid, timestamptz) is
  'Makes a link by which anybody reads a conversation of yours up to one message (the last one, unless you name another). The token is shown once. Without expiresAt it ends after the days that the installation sets, or the workspace if those are fewer. Errors: CQ101, CQ109, CQ110 API key without "share", CQ124 the workspace has no links, CQ125 it would live too long, CQ200 expired already, CQ204 no such conversation or message of yours.';
grant execute on function app_public.share_conversation(uuid, uuid, timestamptz) to colloquy_user, colloquy_admin;
