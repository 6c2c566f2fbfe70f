-- What the indexing worker calls with the passages of a document. A repeated call changes nothing. Only the worker may call it.
--
-- What runs for every source is planned once (force_generic_plan: planning over all partitions took longer than the work).
create or replace function app_hidden.replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb)
returns table (kept integer, added integer, removed integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  document app_public.documents;
  wanted app_private.wanted_chunk[];
begin
  -- before the counts are taken: whoever deletes the workspace has it, and then takes the counts
  perform from app_public.workspaces w where w.id = for_workspace for key share;
  select d.* into document
  from app_public.documents d
  where d.workspace_id = for_workspace and d.id = for_document
  for no key update;
  if document.id is null or document.content_hash <> of_hash then
    -- gone, or edited since it was read: the job of that edit does it
    return;
  end if;

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
    where c.workspace_id = for_workspace and c.document_id = for_document
  )
  select coalesce(array_agg(
    row(
      x.chunk_index, x.content, x.heading, x.page_number, x.start_offset, x.end_offset, x.token_count, x.content_hash, e.id,
      app_private.recognized_language(document.text_search_language, x.language)
    )::app_private.wanted_chunk
  ), '{}')
  into wanted
  from numbered x
  left join existing e on e.content_hash = x.content_hash and e.n = x.n;

  -- what goes and what comes are counted one after the other: the counts of all of it are taken first, in one order
  with there as (
    select c.text_search_language, c.is_language_recognized
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document
  ),
  keys as (
    select t.text_search_language::text as language, t.is_language_recognized as is_recognized from there t
    union
    select coalesce(w.language, document.text_search_language), w.language is not null from unnest(wanted) as w
  )
  insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
  select for_workspace, 'document', x.language, x.is_recognized, 0
  from keys x
  where exists (select from there) and (select count(*) from keys) > 1
  order by x.language, x.is_recognized
  on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count;
  delete from app_public.chunks c
  where c.workspace_id = for_workspace and c.document_id = for_document
    and not exists (select from unnest(wanted) as w where w.kept_id = c.id);
  get diagnostics removed = row_count;

  set constraints app_public.chunks_document_id_chunk_index_key deferred;
  update app_public.chunks c
  set chunk_index = w.chunk_index, start_offset = w.start_offset, end_offset = w.end_offset, page_number = w.page_number,
    text_search_language = coalesce(w.language, document.text_search_language), is_language_recognized = w.language is not null
  from unnest(wanted) as w
  where c.workspace_id = for_workspace and c.document_id = for_document and c.id = w.kept_id
    and (c.chunk_index, c.start_offset, c.end_offset, c.page_number, c.text_search_language, c.is_language_recognized)
      is distinct from (
        w.chunk_index, w.start_offset, w.end_offset, w.page_number, coalesce(w.language, document.text_search_language), w.language is not null
      );
  select count(*) into kept from unnest(wanted) as w where w.kept_id is not null;

  insert into app_public.chunks (
    workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, heading, page_number, start_offset, end_offset,
    token_count, content_hash, text_search_language, is_language_recognized
  )
  select
    for_workspace, 'document', for_document, document.owner_id, document.visibility, w.chunk_index, w.content, w.heading, w.page_number,
    w.start_offset, w.end_offset, w.token_count, w.content_hash, coalesce(w.language, document.text_search_language),
    w.language is not null
  from unnest(wanted) as w
  where w.kept_id is null;
  get diagnostics added = row_count;

  update app_public.documents d set chunked_hash = of_hash where d.id = for_document;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.document_id = for_document;
  return next;
end
$$;
comment on function app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb) is
  'Replaces the chunks of a document by new ones, keeping those whose text is the same. No row when the document is gone or has changed since of_hash was read.';
grant execute on function app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb) to colloquy_worker;
