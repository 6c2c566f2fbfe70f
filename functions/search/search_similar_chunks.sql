-- A narrower way to ask app_public.search, which does all of the work: it reads no table, so it is not security definer.
create or replace function app_public.search_similar_chunks(
  embedding extensions.halfvec,
  threshold real default null,
  max_results integer default 10,
  kinds app_public.source_type[] default null,
  filters app_public.search_filters default null,
  skip integer default 0,
  embedding_version_id uuid default null
)
returns app_public.search_response
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select app_public.search(
    query => '', query_embedding => embedding, kinds => kinds, max_results => max_results, threshold => threshold, mode => 'vector',
    filters => filters, skip => skip, embedding_version_id => embedding_version_id
  );
$$;
comment on function app_public.search_similar_chunks(extensions.halfvec, real, integer, app_public.source_type[], app_public.search_filters, integer, uuid) is
  'Chunks nearest to a vector, from the cosine similarity "threshold" on. Errors: CQ101 not signed in, CQ200 unusable argument, CQ204 no such embedding version, CQ301 vector of another model.';
grant execute on function app_public.search_similar_chunks(extensions.halfvec, real, integer, app_public.source_type[], app_public.search_filters, integer, uuid) to colloquy_user, colloquy_admin;
