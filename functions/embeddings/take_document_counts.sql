-- Takes the counts that a document's passages leave and come to, in one order: two documents at once do not wait for each other in a
-- circle.
create or replace function app_private.take_document_counts(document app_public.documents, wanted app_private.wanted_chunk[])
returns void
language sql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
  -- what goes and what comes are counted one after the other: the counts of all of it are taken first, in one order
  with there as (
    select c.text_search_language, c.is_language_recognized
    from app_public.chunks c
    where c.workspace_id = document.workspace_id and c.document_id = document.id
  ),
  keys as (
    select t.text_search_language::text as language, t.is_language_recognized as is_recognized from there t
    union
    select coalesce(w.language, document.text_search_language), w.language is not null from unnest(wanted) as w
  )
  insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
  select document.workspace_id, 'document', x.language, x.is_recognized, 0
  from keys x
  where exists (select from there) and (select count(*) from keys) > 1
  order by x.language, x.is_recognized
  on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count;
$$;
comment on function app_private.take_document_counts(app_public.documents, app_private.wanted_chunk[]) is
  'Locks the counts of a document''s passages, where they are of more than one language.';
-- Deliberately not granted: app_hidden.replace_document_chunks calls it.
