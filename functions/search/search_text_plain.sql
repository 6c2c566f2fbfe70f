-- The leg of words, of a search without filters where no document is archived, by one kept plan, made for no tenant in particular: planning
-- took more time than the work of a small tenant (0.26 of 0.58 ms are left). It is exact whatever the plan. A memory may expire, and
-- which tenant has memories is not known here.
create or replace function app_private.search_text_plain(
  workspace uuid, caller uuid, kinds app_public.source_type[], finding tsquery[], ranking tsquery[], shares double precision[],
  total double precision, required tsquery, excluded tsquery, max_results integer
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set plan_cache_mode = force_generic_plan
-- other tenants share the partition
set enable_seqscan = off
set jit = off
set constraint_exclusion = off
as $$
begin
  return query
  select t.*
  from app_private.ranked_by_words(
    row(workspace, caller, kinds, null, null, null, null, true, false)::app_private.search_scope, finding, ranking, shares, total, required,
    excluded, max_results
  ) as t;
end
$$;
comment on function app_private.search_text_plain(uuid, uuid, app_public.source_type[], tsquery[], tsquery[], double precision[], double precision, tsquery, tsquery, integer) is
  'The best chunks by the words of a question, without filters, by one plan for all tenants.';
