-- Takes one's own feedback back. That of others is out of reach, also for the owner of the conversation.
create or replace function app_public.withdraw_feedback(message_id uuid)
returns app_public.message_feedback
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  withdrawn app_public.message_feedback;
begin
  perform app_private.lock_conversation_of(withdraw_feedback.message_id);
  delete from app_public.message_feedback f
  where f.message_id = withdraw_feedback.message_id and f.user_id = app_hidden.current_user_id()
  returning f.* into withdrawn;
  if withdrawn.id is null then
    raise exception 'There is no feedback of yours on this message.' using errcode = 'CQ204', hint = 'Nothing is left to do.';
  end if;
  return withdrawn;
end
$$;
comment on function app_public.withdraw_feedback(uuid) is 'Takes your feedback on a message back. Errors: CQ101, CQ109, CQ120 kept by a legal hold, CQ204 no such message, or no feedback of yours.';
grant execute on function app_public.withdraw_feedback(uuid) to colloquy_user, colloquy_admin;
