-- The passages that a document is to have, each with the passage there that it is.
create or replace function app_private.wanted_document_chunks(document app_public.documents, new_chunks jsonb)
returns app_private.wanted_chunk[]
language sql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
  -- the n-th piece of a text stays the n-th piece of the same text: its vector stays valid, only its place may move
  with given as (
    select w.*, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)) as content_hash
    from jsonb_to_recordset(new_chunks) as w (
      chunk_index integer, content text, heading text, page_number integer, start_offset integer, end_offset integer, token_count integer,
      language text
    )
  ),
  numbered as (
    select g.*, row_number() over (partition by g.content_hash order by g.chunk_index) as n from given g
  ),
  existing as (
    select c.id, c.content_hash, row_number() over (partition by c.content_hash order by c.chunk_index) as n
    from app_public.chunks c
    where c.workspace_id = document.workspace_id and c.document_id = document.id
  )
  select coalesce(array_agg(
    row(
      x.chunk_index, x.content, x.heading, x.page_number, x.start_offset, x.end_offset, x.token_count, x.content_hash, e.id,
      app_private.recognized_language(document.text_search_language, x.language)
    )::app_private.wanted_chunk
  ), '{}')
  from numbered x
  left join existing e on e.content_hash = x.content_hash and e.n = x.n;
$$;
comment on function app_private.wanted_document_chunks(app_public.documents, jsonb) is
  'The passages of a payload, with hash, language, and the id of the passage of the document that has the same text.';
-- Deliberately not granted: app_hidden.replace_document_chunks calls it.
