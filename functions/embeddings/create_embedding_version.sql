-- Begins a new embedding version beside the active one. Chunks belong to all versions, so that citations stay valid and
-- only vectors are made anew: the new version takes over how the active one cuts text. It must never be usable for
-- searches before it is complete; activate_embedding_version sees to that.
create or replace function app_private.lock_embedding_versions()
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  select pg_advisory_xact_lock(hashtextextended('app_public.embedding_versions', 0));
$$;
comment on function app_private.lock_embedding_versions() is 'One at a time makes, switches or archives versions.';

create or replace function app_public.create_embedding_version(name text, provider text, model text, dimensions integer, description text default null)
returns app_public.embedding_versions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '3s'
as $$
#variable_conflict use_variable
declare
  cutting app_public.embedding_versions;
  result app_public.embedding_versions;
begin
  perform app_private.require_administrator();
  if dimensions is null or dimensions not between 1 and 4000 then
    raise exception 'A version has 1 to 4000 dimensions, not %.', dimensions using errcode = 'CQ200', hint = 'Many models can give shorter vectors.';
  end if;
  if trim(coalesce(name, '')) = '' or char_length(name) > 100 or trim(coalesce(provider, '')) = '' or char_length(provider) > 100
    or trim(coalesce(model, '')) = '' or char_length(model) > 200 or char_length(description) > 2000
  then
    raise exception 'Name and provider have 1 to 100 characters, model 1 to 200, description at most 2,000.'
      using errcode = 'CQ200', hint = 'Correct what is empty or too long.';
  end if;
  perform app_private.lock_embedding_versions();
  if exists (select from app_public.embedding_versions v where v.name = create_embedding_version.name) then
    raise exception 'There is an embedding version "%" already.', name using errcode = 'CQ240', hint = 'Choose another name.';
  end if;
  -- as the active one cuts, else the newest
  select v.* into cutting from app_public.embedding_versions v order by (v.status = 'active') desc, v.id desc limit 1;
  insert into app_public.embedding_versions (
    name, description, provider, model, dimensions, chunking_strategy, chunk_size, chunk_overlap, created_by
  )
  values (
    create_embedding_version.name, create_embedding_version.description, create_embedding_version.provider, create_embedding_version.model,
    create_embedding_version.dimensions, coalesce(cutting.chunking_strategy, '{}'), coalesce(cutting.chunk_size, 100),
    coalesce(cutting.chunk_overlap, 15), app_hidden.current_user_id()
  )
  returning * into result;
  perform app_private.create_embedding_partitions(result.id);
  perform app_private.log_event(
    'embedding_version.created', app_hidden.current_user_id(), null, 'embedding_version', result.id, null,
    jsonb_build_object('name', result.name, 'provider', result.provider, 'model', result.model, 'dimensions', result.dimensions)
  );
  -- finds at once what there is to do
  perform app_hidden.enqueue('sweep-unindexed', '{}');
  return result;
end
$$;
comment on function app_public.create_embedding_version(text, text, text, integer, text) is
  'Begins a new embedding version: the workers fill it behind new work, then its index is built. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument, CQ240 name taken.';
grant execute on function app_public.create_embedding_version(text, text, text, integer, text) to colloquy_admin;
