-- Gives a conversation an end, or takes it back. Only its owner may. The content goes then; what it used stays in usage_logs.
create or replace function app_public.make_temporary(conversation_id uuid, expires_at timestamptz default null)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
begin
  conversation := app_private.lock_conversation(make_temporary.conversation_id);
  if conversation.owner_id <> app_hidden.current_user_id() then
    raise exception 'There is no such conversation of yours.' using errcode = 'CQ204', hint = 'Only its owner gives a conversation an end.';
  end if;
  if make_temporary.expires_at <= clock_timestamp() then
    raise exception 'The conversation would have ended already.' using errcode = 'CQ200', column = 'expires_at', hint = 'Delete it, or choose a time to come.';
  end if;
  update app_public.conversations c
  set is_temporary = make_temporary.expires_at is not null, expires_at = make_temporary.expires_at
  where c.id = conversation.id
  returning c.* into conversation;
  return conversation;
end
$$;
comment on function app_public.make_temporary(uuid, timestamptz) is
  'Has the content of a conversation of yours go at a time; without a time, keeps it. Errors: CQ101, CQ109, CQ200 a time gone by, CQ204 no such conversation of yours.';
grant execute on function app_public.make_temporary(uuid, timestamptz) to colloquy_user, colloquy_admin;
