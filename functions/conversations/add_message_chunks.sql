-- Writes which chunks an answer used, and keeps their passages as they are now. Only chunks that the writer may read can be cited:
-- whether another exists is not told. chunks: [{chunkId, similarityScore, textScore, score, embeddingVersionId}], best first.
create or replace function app_private.add_message_chunks(message app_public.messages, chunks jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  cited integer;
begin
  -- before anything is planned: most turns cite nothing
  if coalesce(jsonb_typeof(chunks), 'null') = 'null' or chunks = '[]' then
    return;
  end if;
  if jsonb_typeof(chunks) <> 'array' or jsonb_array_length(chunks) > 200
    or (select count(*) <> count(distinct lower(c.item ->> 'chunkId')) from jsonb_array_elements(chunks) as c (item))
  then
    raise exception 'chunks is an array of at most 200 different chunks.' using errcode = 'CQ200', column = 'chunks', hint = 'Each is {chunkId, similarityScore, textScore, score}, best first.';
  end if;
  insert into app_public.message_chunks (
    workspace_id, conversation_id, message_id, chunk_id, passage_id, embedding_version_id, similarity_score, text_score, score, rank
  )
  select
    message.workspace_id, message.conversation_id, message.id, k.chunk_id, k.passage_id,
    coalesce((c.item ->> 'embeddingVersionId')::uuid, (select v.id from app_public.embedding_versions v where v.status = 'active')),
    (c.item ->> 'similarityScore')::real, (c.item ->> 'textScore')::real, (c.item ->> 'score')::real, c.place
  from jsonb_array_elements(chunks) with ordinality as c (item, place)
  join app_private.keep_passages(
    message.workspace_id, array(select (g.item ->> 'chunkId')::uuid from jsonb_array_elements(chunks) as g (item)), app_hidden.current_user_id()
  ) as k on k.chunk_id = (c.item ->> 'chunkId')::uuid;
  get diagnostics cited = row_count;
  if cited <> jsonb_array_length(chunks) then
    raise exception 'There is no such chunk.' using errcode = 'CQ204', hint = 'Cite what search returned in this workspace.';
  end if;
end
$$;
comment on function app_private.add_message_chunks(app_public.messages, jsonb) is 'Writes the citations of an answer, and keeps what they cite. Raises CQ200, CQ204.';
