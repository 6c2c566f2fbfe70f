-- The questions that users asked and whose answers cited something: what should be found are the sources (document, message,
-- memory, event) of the three passages cited first. The version that searches now has found them itself, so it has an
-- advantage; hence sources and not passages, and a margin. Answers that were rated 1 or 2, or down, do not count.
create or replace function app_private.recorded_questions(most integer)
returns table (source app_public.evaluation_source, workspace_id uuid, user_id uuid, conversation_id uuid, question text, relevant uuid[])
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with answers as (
    -- the latest, as far as one look at an index brings them
    select k.message_id, k.workspace_id, k.conversation_id
    from (select x.message_id, x.workspace_id, x.conversation_id from app_public.message_chunks x order by x.message_id desc limit 50 * most) as k
    group by k.message_id, k.workspace_id, k.conversation_id
  ),
  asked as (
    select a.message_id, a.workspace_id, a.conversation_id, q.owner_id, q.content,
      row_number() over (partition by a.workspace_id, a.conversation_id order by a.message_id desc) as turn
    from answers a
    join app_public.messages m on m.id = a.message_id and m.conversation_id = a.conversation_id
    cross join lateral (
      -- without a parent, it answers the message before it
      select p.owner_id, p.role, p.content
      from app_public.messages p
      where p.conversation_id = a.conversation_id and p.workspace_id = a.workspace_id
        and p.id <= coalesce(m.parent_id, m.id) and p.id <> m.id
      order by p.id desc
      limit 1
    ) as q
    where q.role = 'user' and trim(q.content) <> '' and not exists (
      select from app_public.message_feedback f
      where f.message_id = a.message_id and (f.feedback_type = 'negative' or f.rating <= 2)
    )
  )
  select 'answers'::app_public.evaluation_source, q.workspace_id, q.owner_id, q.conversation_id, left(q.content, 2000), cited.ids
  from asked q
  cross join lateral (
    select array_agg(best.id) as ids
    from (
      select c.id
      from app_public.message_chunks k
      join app_public.chunks c on c.workspace_id = k.workspace_id and c.id = k.chunk_id
      where k.message_id = q.message_id and k.workspace_id = q.workspace_id
        -- what was said before in the same conversation is no answer of the search
        and c.conversation_id is distinct from q.conversation_id
      order by k.rank
      limit 3
    ) as best
  ) as cited
  where cited.ids is not null
  order by q.turn, q.message_id desc
  limit most;
$$;
comment on function app_private.recorded_questions(integer) is 'Questions of users, with up to three passages that the answer cited first; from each conversation in turn, the latest first.';
