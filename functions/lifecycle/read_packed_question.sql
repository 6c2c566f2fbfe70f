-- The question of one packed message. Security definer, since the documents are closed to everyone; so it decides by itself who
-- may read, as the policy of messages does. A document that is damaged is not shown.
create or replace function app_hidden.read_packed_question(answer_id uuid)
returns app_public.messages
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  answer app_public.messages;
  conversation app_public.conversations;
  question app_public.messages;
begin
  execute 'select m.* from app_hidden.read_packed_message($1) as m' into answer using answer_id;
  if answer.parent_id is not null then
    execute $query$select m.* from app_hidden.read_packed_message($1) as m where m.role = 'user' and m.conversation_id = $2$query$
    into question using answer.parent_id, answer.conversation_id;
    return question;
  end if;
  conversation := app_private.readable_conversation(answer.conversation_id);
  -- part by part, from the answer back
  loop
    execute $query$
      select m.* from app_private.packed_messages($1, $2, 50) as m where m.role = 'user' and m.sequence_number < $3 order by m.sequence_number desc limit 1
    $query$
    into question using conversation, answer_id, answer.sequence_number;
    exit when question.id is not null;
    execute 'select m.id from app_private.packed_messages($1, $2, 50) as m order by m.id limit 1' into answer_id using conversation, answer_id;
    exit when answer_id is null;
  end loop;
  return question;
end
$$;
comment on function app_hidden.read_packed_question(uuid) is 'The question that a packed message answers, when the caller may read it: its parent, or the last one before it. Null otherwise. Raises CQ260.';
grant execute on function app_hidden.read_packed_question(uuid) to colloquy_user, colloquy_admin;
