-- Two versions are asked the same questions, of which is known what should be found: those that users asked
-- (recorded_questions), and where too few were recorded, sentences of passages (sentence_of). The text of a question is
-- embedded by whoever calls (the worker, the command), since each model wants its own vector.
--
-- Only the worker and the owner call this: questions are what users wrote. Nothing of them is kept.
create or replace function app_hidden.evaluation_questions(for_version uuid, baseline uuid, most integer default 200)
returns table (source app_public.evaluation_source, workspace_id uuid, user_id uuid, conversation_id uuid, question text, relevant uuid[])
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if most is null or most not between 1 and 1000 then
    raise exception 'An evaluation has 1 to 1,000 questions, not %.', most using errcode = 'CQ200', hint = 'Ask for less.';
  end if;
  if (
    select count(*) >= greatest(app_hidden.setting('embedding_evaluation_minimum')::integer, 1)
    from app_private.recorded_questions(most) q
  ) then
    return query select q.* from app_private.recorded_questions(most) q;
    return;
  end if;
  return query
  with sizes as (
    select a.workspace_id, least(a.embedding_count, b.embedding_count) as size
    from app_hidden.embedding_counts a
    join app_hidden.embedding_counts b on b.version_id = baseline and b.workspace_id = a.workspace_id
    where a.version_id = for_version and least(a.embedding_count, b.embedding_count) > 1
    order by 2 desc, 1
    limit most
  ),
  shares as (
    select s.workspace_id, ceil(most * s.size / sum(s.size) over ())::integer as wanted from sizes s
  )
  select 'passages'::app_public.evaluation_source, s.workspace_id, c.owner_id, null::uuid, c.question, array[c.id]
  from shares s
  cross join lateral (
    select k.id, k.owner_id, app_private.sentence_of(k.content) as question
    from app_public.embeddings e
    join app_public.chunks k on k.workspace_id = e.workspace_id and k.id = e.chunk_id
    where e.version_id = for_version and e.workspace_id = s.workspace_id
      and exists (
        select from app_public.embeddings o where o.version_id = baseline and o.workspace_id = s.workspace_id and o.chunk_id = e.chunk_id
      )
    -- any order that says nothing about the text, and is the same each time
    order by md5(e.chunk_id::text)
    limit s.wanted
  ) as c
  where c.question is not null
  order by md5(c.id::text)
  limit most;
end
$$;
comment on function app_hidden.evaluation_questions(uuid, uuid, integer) is
  'Questions for an evaluation of two versions, with the passages that should be found: those of users, or, where too few were recorded, sentences of passages. Error: CQ200.';
grant execute on function app_hidden.evaluation_questions(uuid, uuid, integer) to colloquy_worker;
