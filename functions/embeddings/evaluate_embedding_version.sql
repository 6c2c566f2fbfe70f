-- Asks two versions the same questions, of which is known what should be found, before one takes the place of the other.
-- The text of a question is embedded by whoever calls (the worker, the command), since each model wants its own vector.
--
-- The questions are those that users asked and whose answers cited something: what should be found are the sources
-- (document, message, memory, event) of the three passages cited first. The version that searches now has found them itself, so
-- it has an advantage; hence sources and not passages, and a margin. Answers that were rated 1 or 2, or down, do not count. Where
-- too few were recorded, passages ask: a sentence of one asks for it ("inverse cloze task"), which favours no version.
--
-- Only the worker and the owner call these: questions are what users wrote. Nothing of them is kept.
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

create or replace function app_private.sentence_of(content text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    (
      -- one that says something, nearest to the middle
      select left(s.sentence, 300)
      from (
        select trim(t.sentence) as sentence, t.n, count(*) over () as of
        from regexp_split_to_table(content, '(?<=[.!?])\s+|(?<=[。！？])|\n+') with ordinality as t (sentence, n)
      ) as s
      where s.of > 1 and char_length(s.sentence) >= 25
      order by abs(s.n - s.of / 2.0), s.n
      limit 1
    ),
    -- the words in the middle of what is one sentence
    nullif(trim(substr(content, 1 + char_length(content) / 4, greatest(char_length(content) / 2, 10))), '')
  );
$$;
comment on function app_private.sentence_of(text) is 'A sentence of a passage, or half of it when it is one sentence: what may ask for it.';

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

create or replace function app_private.evaluation_unit(source app_public.evaluation_source, chunk app_public.chunks)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select case source
    when 'answers' then coalesce(chunk.document_id, chunk.message_id, chunk.memory_item_id, chunk.raw_event_id)::text
    -- the same text elsewhere is as good
    else encode(chunk.content_hash, 'hex')
  end;
$$;
comment on function app_private.evaluation_unit(app_public.evaluation_source, app_public.chunks) is 'What counts as found: the source of a passage that an answer cited, the text of a passage that asks for itself.';

-- What one version finds: for each of its first passages whether it is one of those that should be found.
create or replace function app_private.evaluate_question(
  for_version uuid, other_version uuid, source app_public.evaluation_source, for_workspace uuid, for_user uuid, outside_conversation uuid,
  question extensions.halfvec, wanted text[], k integer, out recall real, out reciprocal_rank real
)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  found text[];
begin
  -- exact, so that models are compared and not indexes: without the cast to halfvec(n) the index does not fit
  execute $query$
    select array_agg(n.unit order by n.distance, n.chunk_id)
    from (
      select c.id as chunk_id, e.embedding operator(extensions.<=>) $1 as distance, app_private.evaluation_unit($2, c) as unit
      from app_public.embeddings e
      join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
      where e.version_id = $3 and e.workspace_id = $4
        and (c.owner_id = $5 or c.visibility = 'workspace') and ($6::uuid is null or c.conversation_id is distinct from $6)
        and exists (select from app_public.embeddings o where o.version_id = $7 and o.workspace_id = $4 and o.chunk_id = e.chunk_id)
      order by distance, c.id
      limit $8
    ) as n
  $query$
  into found
  using question, source, for_version, for_workspace, for_user, outside_conversation, other_version, k;
  select count(*) filter (where w = any (found))::real / count(*) into recall from unnest(wanted) as w;
  select coalesce(1.0 / min(f.place), 0) into reciprocal_rank
  from unnest(found) with ordinality as f (unit, place)
  where f.unit = any (wanted);
end
$$;
comment on function app_private.evaluate_question(uuid, uuid, app_public.evaluation_source, uuid, uuid, uuid, extensions.halfvec, text[], integer) is
  'Share of what should be found that is among the first k of what a user may read, and the reciprocal rank of the first of it.';

create or replace function app_hidden.evaluate_embedding_version(for_version uuid, baseline uuid, questions jsonb, k integer default 10)
returns app_public.embedding_evaluation
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  budget bigint := app_hidden.setting('embedding_compare_vectors')::bigint;
  asked record;
  wanted text[];
  ours record;
  theirs record;
  judged app_hidden.embedding_evaluations;
  recalls real[] := array[]::real[];
  baseline_recalls real[] := array[]::real[];
  ranks real[] := array[]::real[];
  baseline_ranks real[] := array[]::real[];
begin
  if (select count(*) from app_public.embedding_versions v where v.id in (for_version, baseline) and v.status <> 'archived') <> 2 then
    raise exception 'There are no two such embedding versions, or one is archived.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  if jsonb_typeof(questions) is distinct from 'array' or jsonb_array_length(questions) > 1000 or k is null or k not between 1 and 100 then
    raise exception 'Questions are an array of at most 1,000, and k is 1 to 100.' using errcode = 'CQ200', hint = 'Ask for less.';
  end if;
  judged.source := coalesce((questions -> 0 ->> 'source')::app_public.evaluation_source, 'passages');
  for asked in
    select q.*, coalesce((select e.embedding_count from app_hidden.embedding_counts e where e.version_id = for_version and e.workspace_id = q.workspace_id), 0) as size
    from jsonb_to_recordset(questions) as q (
      workspace_id uuid, user_id uuid, conversation_id uuid, relevant uuid[], vector text, baseline_vector text
    )
  loop
    budget := budget - 2 * asked.size;
    exit when budget < 0 and recalls <> '{}';
    -- what only one of them has says nothing
    select array_agg(distinct app_private.evaluation_unit(judged.source, c)) into wanted
    from app_public.chunks c
    where c.workspace_id = asked.workspace_id and c.id = any (asked.relevant)
      and (c.owner_id = asked.user_id or c.visibility = 'workspace')
      and exists (select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = c.workspace_id and e.chunk_id = c.id)
      and exists (select from app_public.embeddings e where e.version_id = baseline and e.workspace_id = c.workspace_id and e.chunk_id = c.id);
    continue when wanted is null;
    ours := app_private.evaluate_question(
      for_version, baseline, judged.source, asked.workspace_id, asked.user_id, asked.conversation_id, asked.vector::halfvec, wanted, k
    );
    theirs := app_private.evaluate_question(
      baseline, for_version, judged.source, asked.workspace_id, asked.user_id, asked.conversation_id, asked.baseline_vector::halfvec, wanted, k
    );
    recalls := recalls || ours.recall;
    ranks := ranks || ours.reciprocal_rank;
    baseline_recalls := baseline_recalls || theirs.recall;
    baseline_ranks := baseline_ranks || theirs.reciprocal_rank;
  end loop;

  delete from app_hidden.embedding_evaluations e where e.version_id = for_version and e.baseline_id = baseline;
  insert into app_hidden.embedding_evaluations (
    version_id, baseline_id, source, k, questions, recall, baseline_recall, recall_difference_low, recall_difference_high,
    mrr, baseline_mrr, mrr_difference_low, mrr_difference_high
  )
  select
    for_version, baseline, judged.source, evaluate_embedding_version.k, count(*), avg(r.a), avg(r.b),
    avg(r.a - r.b) - 1.96 * coalesce(stddev_samp(r.a - r.b), 0) / sqrt(greatest(count(*), 1)),
    avg(r.a - r.b) + 1.96 * coalesce(stddev_samp(r.a - r.b), 0) / sqrt(greatest(count(*), 1)),
    avg(r.x), avg(r.y),
    avg(r.x - r.y) - 1.96 * coalesce(stddev_samp(r.x - r.y), 0) / sqrt(greatest(count(*), 1)),
    avg(r.x - r.y) + 1.96 * coalesce(stddev_samp(r.x - r.y), 0) / sqrt(greatest(count(*), 1))
  from unnest(recalls, baseline_recalls, ranks, baseline_ranks) as r (a, b, x, y);
  return app_private.evaluation_against(for_version, baseline);
end
$$;
comment on function app_hidden.evaluate_embedding_version(uuid, uuid, jsonb, integer) is
  'Asks two versions questions whose vectors are given, and keeps how they did. questions: [{source, workspace_id, user_id, conversation_id, relevant, vector, baseline_vector}]. Errors: CQ200, CQ204 no such version.';

create or replace function app_hidden.versions_to_evaluate()
returns table (version_id uuid, baseline_id uuid)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.id, a.id
  from app_public.embedding_versions v
  join app_public.embedding_versions a on a.status = 'active'
  where v.status = 'building'
    and app_private.embedding_index_is_valid(v.id)
    -- once it is complete, and once a day while nobody activates it; sooner where there was too little to ask about
    and not exists (
      select from app_hidden.embedding_evaluations e
      where e.version_id = v.id and e.baseline_id = a.id
        and e.evaluated_at > statement_timestamp() - case when app_private.evaluation_verdict(e) = 'unjudged' then interval '10 minutes' else interval '1 day' end
    )
    -- while passages are on their way, it would be asked about the first of them alone
    and (select coalesce(sum(e.embedding_count), 0) from app_hidden.embedding_counts e where e.version_id = v.id)
      >= 0.99 * (select coalesce(sum(k.chunk_count), 0) from app_hidden.chunk_counts k)
    -- the switch keeps what users wrote from services that are paid
    and (app_hidden.setting('paid_embedding') = 'on' or v.provider in ('local', 'transformers') and a.provider in ('local', 'transformers'))
    and app_private.embeddings_missing(v.id, a.id, 1) = 0;
$$;
comment on function app_hidden.versions_to_evaluate() is 'Versions that are complete and were not evaluated beside the active one within a day.';

grant execute on function
  app_hidden.evaluation_questions(uuid, uuid, integer),
  app_hidden.evaluate_embedding_version(uuid, uuid, jsonb, integer),
  app_hidden.versions_to_evaluate()
to colloquy_worker;
