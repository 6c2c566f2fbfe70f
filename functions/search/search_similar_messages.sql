-- A narrower way to ask app_public.search, which does all of the work: it reads no table, so it is not security definer.
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
grant execute on function app_public.search_similar_messages(extensions.halfvec, uuid, real, integer, integer) to colloquy_user, colloquy_admin;
