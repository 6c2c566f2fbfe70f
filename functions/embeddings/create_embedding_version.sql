-- Begins a new embedding version beside the active one. Chunks belong to all versions, so that citations stay valid and
-- only vectors are made anew: the new version takes over how the active one cuts text. It must never be usable for
-- searches before it is complete; activate_embedding_version sees to that.
create or replace function app_public.create_embedding_version(
  name text,
  provider text,
  model text,
  dimensions integer,
  description text default null,
  query_prefix text default null,
  passage_prefix text default null,
  native_dimensions integer default null,
  chunk_size integer default null,
  chunk_overlap integer default null,
  chunking_method text default null
)
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
  perform app_private.require_administrator(for_writing => true);
  if dimensions is null or dimensions not between 1 and 4000 then
    raise exception 'A version has 1 to 4000 dimensions, not %.', dimensions using errcode = 'CQ200', hint = 'Many models can give shorter vectors.';
  end if;
  if native_dimensions <= dimensions or native_dimensions > 16000 then
    raise exception 'Vectors of % dimensions cannot be cut to %.', native_dimensions, dimensions
      using errcode = 'CQ200', hint = 'nativeDimensions is the length that the model makes, up to 16,000; leave it out when nothing is cut.';
  end if;
  if trim(coalesce(name, '')) = '' or char_length(name) > 100 or trim(coalesce(provider, '')) = '' or char_length(provider) > 100
    or trim(coalesce(model, '')) = '' or char_length(model) > 200 or char_length(description) > 2000
    or char_length(query_prefix) > 1000 or char_length(passage_prefix) > 1000
  then
    raise exception 'Name and provider have 1 to 100 characters, model 1 to 200, description at most 2,000, prefixes 1,000.'
      using errcode = 'CQ200', hint = 'Correct what is empty or too long.';
  end if;
  perform app_private.lock_embedding_versions();
  if exists (select from app_public.embedding_versions v where v.name = create_embedding_version.name) then
    raise exception 'There is an embedding version "%" already.', name using errcode = 'CQ240', hint = 'Choose another name.';
  end if;
  -- as the active one cuts, else the newest
  select v.* into cutting from app_public.embedding_versions v order by (v.status = 'active') desc, v.id desc limit 1;
  cutting.chunk_size := coalesce(chunk_size, cutting.chunk_size, 100);
  cutting.chunk_overlap := coalesce(chunk_overlap, least(cutting.chunk_overlap, cutting.chunk_size / 2), 15);
  cutting.chunking_strategy := case
    when chunking_method is null then coalesce(cutting.chunking_strategy, '{}')
    when chunking_method = 'structure' then '{}'
    else jsonb_build_object('method', chunking_method)
  end;
  if cutting.chunk_size not between 16 and 8192 or cutting.chunk_overlap not between 0 and cutting.chunk_size / 2
    or chunking_method not in ('structure', 'sentence', 'fixed')
  then
    raise exception 'Text cannot be cut into chunks of % tokens with an overlap of %, by "%".', cutting.chunk_size, cutting.chunk_overlap, left(coalesce(chunking_method, 'structure'), 50)
      using errcode = 'CQ200', hint = 'A chunk has 16 to 8,192 tokens, an overlap at most half of that; the methods are structure, sentence and fixed.';
  end if;
  insert into app_public.embedding_versions (
    name, description, provider, model, dimensions, native_dimensions, query_prefix, passage_prefix, chunking_strategy, chunk_size, chunk_overlap,
    created_by
  )
  values (
    create_embedding_version.name, create_embedding_version.description, create_embedding_version.provider, create_embedding_version.model,
    create_embedding_version.dimensions, create_embedding_version.native_dimensions, coalesce(create_embedding_version.query_prefix, ''),
    coalesce(create_embedding_version.passage_prefix, ''), cutting.chunking_strategy, cutting.chunk_size,
    cutting.chunk_overlap, app_hidden.current_user_id()
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
comment on function app_public.create_embedding_version(text, text, text, integer, text, text, text, integer, integer, integer, text) is
  'Begins a new embedding version: the workers fill it behind new work, then its index is built. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument, CQ240 name taken.';
grant execute on function app_public.create_embedding_version(text, text, text, integer, text, text, text, integer, integer, integer, text) to colloquy_admin;
