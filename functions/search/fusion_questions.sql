-- What a measurement of the fusion asks: questions that users asked, and what the answers cited (cited_answers).
--
-- A citation says what was useful among what was found then, with the weight of that time. So it favours that weight, and a measurement
-- is slow to leave it, which is meant. What does not follow from the order of that time: sources count, not passages; each cited
-- source counts alike, wherever it stood; and what is newer than the question, as the question itself is, is not looked for.
-- Never the text of anybody leaves the database.
create or replace function app_private.fusion_questions(for_version uuid, most integer)
returns setof app_private.fusion_question
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
set jit = off
as $$
  with answers as materialized (
    select a.* from app_private.cited_answers(for_version, most) as a
  ),
  asked as (
    select
      a.workspace_id, a.message_id, a.turn, m.conversation_id, coalesce(q.author_id, q.owner_id) as user_id, q.id as question_id, q.content,
      -- the same again says nothing new
      row_number() over (partition by a.workspace_id, lower(trim(q.content)) order by a.message_id desc) as repeated
    from answers a
    join app_public.messages m on m.id = a.message_id and m.workspace_id = a.workspace_id
    cross join lateral app_hidden.question_of(m) as q
    where q.id is not null and trim(q.content) <> ''
  )
  select
    a.workspace_id, a.user_id, left(a.content, 10000), vector.embedding, uuid_extract_timestamp(a.question_id), cited.kinds, cited.sources,
    exists (select from app_public.message_feedback f where f.message_id = a.message_id and (f.feedback_type = 'positive' or f.rating >= 4))
  from asked a
  -- who has left sees nothing any more
  join app_public.workspace_members w on w.workspace_id = a.workspace_id and w.user_id = a.user_id
  cross join lateral (
    select e.embedding
    from app_public.chunks c
    join app_public.embeddings e on e.version_id = for_version and e.workspace_id = c.workspace_id and e.chunk_id = c.id
    where c.workspace_id = a.workspace_id and c.message_id = a.question_id
    order by c.chunk_index
    limit 1
  ) as vector
  cross join lateral (
    select
      array_agg(distinct coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id)) as sources,
      array_agg(distinct c.source_type) as kinds
    from app_public.message_chunks x
    join app_public.chunks c on c.workspace_id = x.workspace_id and c.id = x.chunk_id
    where x.message_id = a.message_id and x.workspace_id = a.workspace_id
      and (c.owner_id = a.user_id or c.visibility = 'workspace')
      -- what was said before in the same conversation is in the question's vector
      and c.conversation_id is distinct from a.conversation_id
  ) as cited
  where a.repeated = 1 and cited.sources is not null
  order by a.turn, a.message_id desc
  limit most;
$$;
comment on function app_private.fusion_questions(uuid, integer) is
  'Questions that users asked, each with its vector in a version and the sources that the answer cited, at most so many: each workspace in turn, the latest first.';
