-- A narrower way to ask app_public.search, which does all of the work: it reads no table, so it is not security definer.
create or replace function app_public.search_memories(
  query text,
  query_embedding extensions.halfvec default null,
  max_results integer default 10,
  threshold real default null,
  mode app_public.search_mode default 'hybrid',
  filters app_public.search_filters default null,
  skip integer default 0,
  without_vector text default null
)
returns app_public.search_response
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select app_public.search(
    query => query, query_embedding => query_embedding, kinds => array['memory']::app_public.source_type[], max_results => max_results,
    threshold => threshold, mode => mode, filters => filters, skip => skip, without_vector => without_vector
  );
$$;
comment on function app_public.search_memories(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer, text) is
  'Search in memories alone, by their fit only; recall also weighs importance and recency. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';
grant execute on function app_public.search_memories(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer, text) to colloquy_user, colloquy_admin;
