-- The question that an answer answers. Not security definer: what is not readable by the policies of messages does not exist here.
create or replace function app_hidden.question_of(answer app_public.messages)
returns app_public.messages
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  question app_public.messages;
begin
  select q.* into question
  from app_public.messages q
  -- ids are ordered by time: only the months of the conversation up to the answer are touched
  where q.conversation_id = answer.conversation_id and q.id >= answer.conversation_id and q.id < answer.id and q.role = 'user'
    and case when answer.parent_id is null then q.sequence_number < answer.sequence_number else q.id = answer.parent_id end
  order by q.sequence_number desc
  limit 1;
  if question.id is null then
    question := app_hidden.read_packed_question(answer.id);
  end if;
  return question;
end
$$;
comment on function app_hidden.question_of(app_public.messages) is 'The question that a message answers: its parent, or the last one before it.';
grant execute on function app_hidden.question_of(app_public.messages) to colloquy_user, colloquy_admin;
