-- "Worse" is said when the mean is worse by more than the margin, and the interval of the differences, question by question,
-- leaves no room for chance. Of recall and of MRR alike: in a small workspace ten passages are nearly all there is, and only
-- their order tells.
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
