-- The embedding version that a vector is compared in: the active one, or another one that still has its vectors. Vectors of two models
-- cannot be compared, and those of different dimensions are certainly of two.
create or replace function app_private.searched_version(embedding_version_id uuid, query_embedding extensions.halfvec)
returns app_public.embedding_versions
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  version app_public.embedding_versions;
begin
  if embedding_version_id is null then
    select v.* into version from app_public.embedding_versions v where v.status = 'active' and query_embedding is not null;
  else
    select v.* into version
    from app_public.embedding_versions v
    where v.id = searched_version.embedding_version_id and v.status <> 'archived'
      and to_regclass(format('app_partitions.embeddings_%s', v.number)) is not null;
    if version.id is null then
      raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'Leave it out to search the active one.';
    end if;
  end if;
  if query_embedding is null then
    return null;
  end if;
  if vector_dims(query_embedding) <> version.dimensions then
    raise exception 'The vector has % dimensions, the % embedding version "%" has %.', vector_dims(query_embedding), version.status, version.name, version.dimensions
      using errcode = 'CQ301', hint = 'Embed the query with the model of that version, or leave queryEmbedding out.';
  end if;
  return version;
end
$$;
comment on function app_private.searched_version(uuid, extensions.halfvec) is
  'The active embedding version, or another one that is kept; null without a vector. Errors: CQ204 no such version, CQ301 vector of another model.';
