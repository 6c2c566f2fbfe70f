-- A version that searches use moves by a step a night, and only where the gain is clear; one that is being built has no weight of its own
-- yet and takes the best.
create or replace function app_private.suggested_vector_weight(version app_public.embedding_versions, points jsonb)
returns real
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with point as materialized (
    select p.* from jsonb_populate_recordset(null::app_public.vector_weight_point, points) as p
  ),
  best as (
    select p.* from point p order by p.ndcg desc, abs(p.weight - version.vector_weight) limit 1
  )
  select case when version.status = 'building' then b.weight else (
    -- towards the best by at most 0.1, but never through what is worse
    select p.weight
    from point p
    where abs(p.weight - version.vector_weight) < 0.1::real + 0.001 and p.gain >= 0 and (p.weight > version.vector_weight) = (b.weight > version.vector_weight)
    order by abs(p.weight - b.weight)
    limit 1
  ) end
  from best b
  -- a smaller gain is not worth another order of everybody's results; and not by chance: two standard errors
  where b.gain >= 0.01::float8 and b.gain > 2 * b.gain_error;
$$;
comment on function app_private.suggested_vector_weight(app_public.embedding_versions, jsonb) is 'The weight of the vectors that a measurement speaks for; null where it speaks for none.';
