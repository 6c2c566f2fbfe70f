-- The leg of words, planned anew at each call, as search_vector_wide is.
create or replace function app_private.search_text_wide(
  scope app_private.search_scope, finding tsquery[], ranking tsquery[], shares double precision[], total double precision, required tsquery,
  excluded tsquery, max_results integer
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
set constraint_exclusion = off
as $$
begin
  return query select t.* from app_private.ranked_by_words(scope, finding, ranking, shares, total, required, excluded, max_results) as t;
end
$$;
comment on function app_private.search_text_wide(app_private.search_scope, tsquery[], tsquery[], double precision[], double precision, tsquery, tsquery, integer) is
  'The best chunks by the words of a question, planned for the scope.';
