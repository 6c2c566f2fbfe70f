-- What an administrator asks about the fusion: how much vectors count, and what was measured last. It names no tenant.
create or replace function app_private.latest_vector_weights()
returns setof app_public.vector_weight_figure
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    v.id, v.name, v.vector_weight, v.vector_weight_is_fixed, m.measured_at, coalesce(m.questions, 0), coalesce(m.endorsed_questions, 0),
    m.vector_weight, m.suggested_weight, coalesce(m.was_applied, false),
    array(select p from jsonb_populate_recordset(null::app_public.vector_weight_point, m.points) as p order by p.weight)
  from app_public.embedding_versions v
  left join lateral (
    select f.* from app_hidden.fusion_measurements f where f.version_id = v.id order by f.id desc limit 1
  ) as m on true
  where v.status in ('active', 'building')
  order by v.status = 'active' desc, v.id;
$$;
comment on function app_private.latest_vector_weights() is 'How much the vectors of each version count, active or building, with its latest measurement.';
