-- What an evaluation says of a version, for the gate of activate_embedding_version and for administrators.
create or replace function app_private.evaluation_against(for_version uuid, baseline uuid)
returns app_public.embedding_evaluation
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  found_one app_hidden.embedding_evaluations;
begin
  select e.* into found_one from app_hidden.embedding_evaluations e where e.version_id = for_version and e.baseline_id = baseline;
  return row(
    for_version, baseline, app_private.evaluation_verdict(found_one), found_one.source, found_one.k, coalesce(found_one.questions, 0), found_one.recall,
    found_one.baseline_recall, found_one.recall_difference_low, found_one.recall_difference_high, found_one.mrr, found_one.baseline_mrr,
    found_one.mrr_difference_low, found_one.mrr_difference_high, found_one.evaluated_at
  )::app_public.embedding_evaluation;
end
$$;
comment on function app_private.evaluation_against(uuid, uuid) is 'The latest evaluation of a version beside another one; unjudged, without figures, when there is none.';
