-- Narrower ways to ask app_public.search, which does all of the work: nothing here reads a table, so nothing here is sealed.

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

create or replace function app_public.search_similar_messages(
  embedding extensions.halfvec,
  conversation_id uuid default null,
  threshold real default null,
  max_results integer default 10,
  skip integer default 0
)
returns app_public.search_response
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select app_public.search_similar_chunks(
    embedding => embedding, threshold => threshold, max_results => max_results, kinds => array['message']::app_public.source_type[],
    filters => case
      when search_similar_messages.conversation_id is not null
        then jsonb_populate_record(null::app_public.search_filters, jsonb_build_object('conversation_id', search_similar_messages.conversation_id))
    end,
    skip => skip
  );
$$;
comment on function app_public.search_similar_messages(extensions.halfvec, uuid, real, integer, integer) is
  'Messages nearest to a vector, of one conversation or of all. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';

create or replace function app_public.search_documents(
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
    query => query, query_embedding => query_embedding, kinds => array['document']::app_public.source_type[], max_results => max_results,
    threshold => threshold, mode => mode, filters => filters, skip => skip, without_vector => without_vector
  );
$$;
comment on function app_public.search_documents(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer, text) is
  'Search in documents alone. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';

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

grant execute on function
  app_public.search_similar_chunks(extensions.halfvec, real, integer, app_public.source_type[], app_public.search_filters, integer, uuid),
  app_public.search_similar_messages(extensions.halfvec, uuid, real, integer, integer),
  app_public.search_documents(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer, text),
  app_public.search_memories(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer, text)
to colloquy_user, colloquy_admin;
