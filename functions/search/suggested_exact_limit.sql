-- Where comparing all vectors takes no longer than the index, search_exact_limit may be as large as what was compared. What fits a filter is
-- often little and then compared soon, however many chunks there are: that says nothing about the limit.
create or replace function app_private.suggested_exact_limit(truths app_private.recall_truth[], index_milliseconds double precision[])
returns bigint
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select max((t.scope).available)
  from unnest(truths) with ordinality as t (query, scope, nearest, milliseconds, share, is_short, is_by_index, n)
  where (t.query).filters is null
  having percentile_cont(0.5) within group (order by t.milliseconds)
    <= percentile_cont(0.5) within group (order by index_milliseconds[t.n::integer]);
$$;
comment on function app_private.suggested_exact_limit(app_private.recall_truth[], double precision[]) is
  'The most chunks that were compared no slower than by the index; null where the index was faster.';
