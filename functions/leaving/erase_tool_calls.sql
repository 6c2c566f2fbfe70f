-- What an answer asked of tools repeats the question that it answers, and the results say what came of it: the calls of messages that are
-- erased, and of the answers to them.
create or replace function app_private.erase_tool_calls(conversation app_public.conversations, ids uuid[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  gone bigint;
begin
  delete from app_public.tool_calls t
  where t.workspace_id = conversation.workspace_id and t.conversation_id = conversation.id and (
    t.message_id = any (ids)
    or exists (
      select from app_public.messages m
      cross join lateral (
        -- the question that it answers
        select coalesce(m.parent_id, (
          select q.id from app_public.messages q
          where q.conversation_id = conversation.id and q.sequence_number < m.sequence_number and q.role = 'user'
          order by q.sequence_number desc limit 1
        )) as id
      ) as question
      where m.id = t.message_id and m.conversation_id = conversation.id and question.id = any (ids)
    )
  );
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app_private.erase_tool_calls(app_public.conversations, uuid[]) is
  'Removes the calls of tools of messages of a conversation, and of the answers to them. Returns how many.';
