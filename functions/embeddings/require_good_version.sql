-- A version that finds less than the active one, or of which nobody can tell, is activated only when that is accepted.
create or replace function app_private.require_good_version(version app_public.embedding_versions, previous app_public.embedding_versions, accept boolean)
returns app_public.embedding_evaluation
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  evaluation app_public.embedding_evaluation;
begin
  evaluation := app_private.evaluation_against(version.id, previous.id);
  if evaluation.verdict = 'worse' and not accept then
    raise exception 'The embedding version "%" finds less than "%": recall@% % against %, MRR % against %, on % questions (%).', version.name, previous.name,
      evaluation.k, round(evaluation.recall::numeric, 3), round(evaluation.baseline_recall::numeric, 3), round(evaluation.mrr::numeric, 3),
      round(evaluation.baseline_mrr::numeric, 3), evaluation.questions, evaluation.source
      using errcode = 'CQ308', hint = 'Activate it with accept, if you want it all the same.';
  end if;
  if evaluation.verdict = 'unjudged' and not accept then
    raise exception 'Nobody can tell how the embedding version "%" does beside "%": % questions were asked of both.', version.name, previous.name, evaluation.questions
      using errcode = 'CQ309', hint = 'The worker evaluates it once it is complete (npm run embeddings -- evaluate does it now). With too little content to ask about, activate it with accept.';
  end if;
  return evaluation;
end
$$;
comment on function app_private.require_good_version(app_public.embedding_versions, app_public.embedding_versions, boolean) is
  'How a version did beside the active one. Raises CQ308 when it did worse and CQ309 when that was not judged, unless accepted.';
-- Deliberately not granted: app_public.activate_embedding_version calls it.
