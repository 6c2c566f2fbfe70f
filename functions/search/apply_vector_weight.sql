-- Puts a measured weight in force: one step a night, however often somebody measures.
create or replace function app_private.apply_vector_weight(version app_public.embedding_versions, suggested real)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if suggested is null or app_hidden.setting('search_vector_weight_auto') <> 'on' then
    return false;
  end if;
  if version.status <> 'building' and exists (
    select
    from app_hidden.fusion_measurements m
    where m.version_id = version.id and m.was_applied and m.id > app_hidden.uuidv7_floor(clock_timestamp() - interval '20 hours')
  ) then
    return false;
  end if;
  update app_public.embedding_versions v
  set vector_weight = suggested
  -- what an administrator has set meanwhile stays
  where v.id = version.id and not v.vector_weight_is_fixed and v.vector_weight = version.vector_weight;
  return found;
end
$$;
comment on function app_private.apply_vector_weight(app_public.embedding_versions, real) is
  'Puts a suggested weight in force if the settings say so and no administrator has fixed it. Returns whether it did.';
