-- What an evaluation says of a version, for administrators and for the gate of activate_embedding_version. "Worse" is said
-- when the mean is worse by more than the margin, and the interval of the differences, question by question, leaves no room
-- for chance. Of recall and of MRR alike: in a small workspace ten passages are nearly all there is, and only their order tells.
create or replace function app_private.evaluation_verdict(evaluation app_hidden.embedding_evaluations)
returns app_public.evaluation_verdict
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when evaluation.questions is null or evaluation.questions < greatest(app_hidden.setting('embedding_evaluation_minimum')::integer, 1) then 'unjudged'
    when evaluation.recall - evaluation.baseline_recall < -m.margin and evaluation.recall_difference_high < 0
      or evaluation.mrr - evaluation.baseline_mrr < -m.margin and evaluation.mrr_difference_high < 0 then 'worse'
    when evaluation.recall_difference_low > 0 or evaluation.mrr_difference_low > 0 then 'better'
    else 'alike'
  end::app_public.evaluation_verdict
  from (select abs(app_hidden.setting('embedding_evaluation_margin')::real) as margin) as m;
$$;
comment on function app_private.evaluation_verdict(app_hidden.embedding_evaluations) is 'What follows from the figures of an evaluation.';

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

create or replace function app_public.embedding_version_evaluation(version_id uuid)
returns app_public.embedding_evaluation
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
begin
  perform app_private.require_administrator();
  if not exists (select from app_public.embedding_versions v where v.id = version_id) then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  return app_private.evaluation_against(version_id, (select v.id from app_public.embedding_versions v where v.status = 'active'));
end
$$;
comment on function app_public.embedding_version_evaluation(uuid) is
  'How a version did on the same questions as the active one, when it was last evaluated. Administrators of the installation only. Errors: CQ101, CQ121, CQ204 no such version.';
grant execute on function app_public.embedding_version_evaluation(uuid) to colloquy_admin;
