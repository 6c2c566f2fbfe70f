-- The one way a message gets into a locked conversation. It must never be called without the lock of the conversation.
-- draft: see complete_draft. is_continued: the draft was written to a conversation that is full.
create or replace function app_private.insert_message(
  conversation app_public.conversations, draft app_public.messages, is_continued boolean default false
)
returns app_public.messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.messages;
begin
  select i.* into result
  from app_private.insert_messages(conversation, array[app_private.complete_draft(conversation, draft, is_continued)]) as i;
  return result;
end
$$;
comment on function app_private.insert_message(app_public.conversations, app_public.messages, boolean) is
  'Writes a message into a locked conversation. Raises CQ200 unusable argument, CQ204 no such parent, CQ221 the caller''s monthly quota is spent.';
