-- How much the vectors of a version count, set by hand. Measurements then leave it alone, until it is given back to them.
create or replace function app_public.set_vector_weight(version_id uuid, vector_weight real default null)
returns app_public.embedding_versions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
#variable_conflict use_variable
declare
  before app_public.embedding_versions;
  result app_public.embedding_versions;
begin
  perform app_private.require_administrator(for_writing => true);
  if vector_weight not between 0 and 1 then
    raise exception 'vectorWeight is 0 to 1, not %.', vector_weight using errcode = 'CQ200', column = 'vector_weight', hint = 'Leave it out to have it measured.';
  end if;
  select v.* into before from app_public.embedding_versions v where v.id = version_id for no key update;
  if before.id is null then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  if before.status = 'archived' then
    raise exception 'The embedding version "%" is archived: its vectors are gone.', before.name using errcode = 'CQ304', hint = 'Take one that is kept.';
  end if;
  update app_public.embedding_versions v
  set vector_weight = coalesce(set_vector_weight.vector_weight, v.vector_weight), vector_weight_is_fixed = set_vector_weight.vector_weight is not null
  where v.id = before.id
  returning v.* into result;
  perform app_private.log_event(
    'embedding_version.weighed', app_hidden.current_user_id(), null, 'embedding_version', result.id,
    jsonb_build_object('vector_weight', before.vector_weight, 'vector_weight_is_fixed', before.vector_weight_is_fixed),
    jsonb_build_object('vector_weight', result.vector_weight, 'vector_weight_is_fixed', result.vector_weight_is_fixed)
  );
  return result;
end
$$;
comment on function app_public.set_vector_weight(uuid, real) is
  'Sets how much the vectors of a version count in a hybrid search, 0 to 1, and keeps measurements from changing it; without a weight these may again. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 not 0 to 1, CQ204 no such version, CQ304 it is archived, CQ409 busy: try again.';
grant execute on function app_public.set_vector_weight(uuid, real) to colloquy_admin;
