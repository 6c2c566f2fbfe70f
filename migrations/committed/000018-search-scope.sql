--! Previous: sha1:0fb57e735515d95c423496ea0c7e5154446783d8
--! Hash: sha1:f6566d6089cfd59ae2b6866bac60705264a61acb
--! Message: search scope

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 30-search.sql
-- The legs of search are plain functions: what they may find is a scope, and no longer a condition in text.
do $types$
begin
  if to_regtype('app_private.search_scope') is null then
    create type app_private.search_scope as (
      workspace_id uuid,
      caller uuid,
      kinds app_public.source_type[],
      filters app_public.search_filters,
      sources uuid[],
      available bigint,
      everything bigint,
      has_memories boolean,
      has_archived boolean
    );
    drop function if exists app_private.recall_of_index(
      app_public.embedding_versions, app_private.recall_truth[], integer, timestamptz, integer
    );
    drop type app_private.recall_truth;
    create type app_private.recall_truth as (
      query app_private.recall_query,
      scope app_private.search_scope,
      nearest uuid[],
      milliseconds double precision,
      share double precision,
      is_short boolean,
      is_by_index boolean
    );
  end if;
end
$types$;
comment on type app_private.search_scope is
  'What a search may find: in which workspace, for whom, of which kinds and by which filters (sources: what they name, null where they name none), how many chunks there are of these kinds and in all, and whether there are memories and archived documents.';
comment on type app_private.recall_truth is
  'What an exact search finds for a query of a measurement, how long it took, which share of it a search returned, whether that was too little, and whether it went by the index.';

drop function if exists app_private.search_vector_exact(
  app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, text, boolean, integer
);
drop function if exists app_private.search_vector_index(
  app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, text, integer, integer
);
drop function if exists app_private.search_vector_plain(
  uuid, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, integer
);
drop function if exists app_private.search_text(
  uuid, uuid, app_private.search_question, app_public.source_type[], integer, uuid[], app_public.search_filters, text
);
drop function if exists app_private.search_text_plain(
  uuid, uuid, uuid, tsquery[], app_public.source_type[], integer, uuid[], app_public.search_filters, tsquery, tsquery, tsquery[], float8[], float8
);
drop function if exists app_private.search_statement(app_public.search_mode, text);
drop function if exists app_private.search_conditions(app_public.search_filters, uuid[], boolean, boolean);
