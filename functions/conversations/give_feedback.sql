-- Says what the caller thinks of a message, or changes it: one per reader and message. Locks the conversation first, as
-- every writer does, so that two of the same reader at once are one row and never stand in a circle.
create or replace function app_public.give_feedback(
  message_id uuid, feedback_type app_public.feedback_type, rating integer default null, comment text default null
)
returns app_public.message_feedback
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  given app_public.message_feedback;
begin
  if give_feedback.feedback_type is null and give_feedback.message_id is not null then
    raise exception 'feedbackType is missing.' using errcode = 'CQ200', hint = 'POSITIVE, NEUTRAL or NEGATIVE.';
  end if;
  conversation := app_private.lock_conversation_of(give_feedback.message_id);
  insert into app_public.message_feedback as f (
    workspace_id, conversation_id, message_id, user_id, feedback_type, rating, comment, ip, user_agent
  )
  values (
    conversation.workspace_id, conversation.id, give_feedback.message_id, app_hidden.current_user_id(), give_feedback.feedback_type,
    give_feedback.rating, give_feedback.comment, nullif(current_setting('colloquy.client_ip', true), '')::inet,
    left(nullif(current_setting('colloquy.user_agent', true), ''), 1000)
  )
  on conflict on constraint message_feedback_message_id_user_id_key do update
  set
    feedback_type = excluded.feedback_type, rating = excluded.rating, comment = excluded.comment, ip = excluded.ip,
    user_agent = excluded.user_agent, updated_at = clock_timestamp()
  returning f.* into given;
  return given;
end
$$;
comment on function app_public.give_feedback(uuid, app_public.feedback_type, integer, text) is
  'Says what you think of a message: positive, neutral or negative, a rating of 1 to 5, a comment. Again replaces it. Errors: CQ101, CQ109, CQ120 a legal hold keeps what you said before, CQ200 a value missing or out of range, CQ204 no such message.';
grant execute on function app_public.give_feedback(uuid, app_public.feedback_type, integer, text) to colloquy_user, colloquy_admin;
