-- Versions whose index misses more than search_recall_objective allows, by the latest measurement of each size of
-- workspaces in the last 30 days.
select
  'recall_below_objective' as name,
  'warning' as severity,
  format('embedding version %s, %s workspaces', f.version_name, f.size_class) as subject,
  format(
    'Searches return %s %% of the %s nearest passages; %s %% is the objective. Measured %s by %s queries, with ef_search %s; %s is in force now.',
    round((100 * f.recall)::numeric, 1), 10, round(100 * app_hidden.setting('search_recall_objective')::numeric, 1),
    to_char(f.measured_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), f.queries, f.ef_search, f.ef_search_in_force
  ) as detail,
  case
    when f.suggested_recall >= app_hidden.setting('search_recall_objective')::real and f.suggested_ef_search > f.ef_search_in_force
      then format('ef_search %s meets it: raise search_ef_search or search_ef_search_max in app_private.settings.', f.suggested_ef_search)
    when f.suggested_recall >= app_hidden.setting('search_recall_objective')::real
      then 'What is in force now should meet it. Measure again: npm run embeddings -- recall --measure'
    else 'No ef_search that was tried meets it: rebuild the index, or raise search_exact_limit in app_private.settings.'
  end as remedy,
  'docs/doctor.md#recall_below_objective' as runbook
from app_hidden.measured_recall() as f
where not f.meets_objective and f.measured_at > now() - interval '30 days'
order by subject;
