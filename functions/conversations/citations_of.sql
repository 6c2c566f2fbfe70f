-- What an answer cited, each with its passage as it was then. Security definer, since passages are closed to everyone; so it
-- decides by itself who may read: the citations are for those who read the conversation, the text of one for those of them who
-- read its source, or could when it went.
create or replace function app_hidden.citations_of(message_id uuid)
returns table (citation app_public.message_chunks, passage app_hidden.cited_passages)
language sql
stable
security definer
rows 10
set search_path = pg_catalog, pg_temp
as $$
  select x, p.passage
  from app_public.message_chunks x
  left join lateral (
    select k as passage
    from app_hidden.cited_passages k
    where k.workspace_id = x.workspace_id and k.chunk_id = x.chunk_id
      -- a citation from before passages were kept has that of the upgrade
      and (x.passage_id is null or k.id = x.passage_id)
      and (k.owner_id = app_hidden.current_user_id() or k.visibility = 'workspace')
    order by k.id
    limit 1
  ) as p on true
  where x.message_id = citations_of.message_id
    and (select c.id from app_private.readable_conversation(x.conversation_id) as c) is not null
  order by x.rank;
$$;
comment on function app_hidden.citations_of(uuid) is 'The citations of an answer that the caller may read, best first, each with the passage as it was; without it, when the caller may not read that, or it was erased.';
grant execute on function app_hidden.citations_of(uuid) to colloquy_user, colloquy_admin;
