-- Asks two versions the same questions, of which is known what should be found, before one takes the place of the other.
-- The text of a question is embedded by whoever calls (the worker, the command), since each model wants its own vector.
--
-- Only the worker and the owner call this: questions are what users wrote. Nothing of them is kept.
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
    wanted := app_private.evaluable_units(for_version, baseline, judged.source, asked.workspace_id, asked.user_id, asked.relevant);
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
grant execute on function app_hidden.evaluate_embedding_version(uuid, uuid, jsonb, integer) to colloquy_worker;
