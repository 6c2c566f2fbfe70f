-- Writes which chunks an answer used. Only chunks that the writer may read can be cited: whether another exists is not told.
-- chunks: [{chunkId, similarityScore, textScore, score, embeddingVersionId}], best first.
create or replace function app_private.add_message_chunks(message app_public.messages, chunks jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  cited integer;
begin
  if coalesce(jsonb_typeof(chunks), 'null') = 'null' then
    return;
  end if;
  if jsonb_typeof(chunks) <> 'array' or jsonb_array_length(chunks) > 200
    or (select count(*) <> count(distinct lower(c.item ->> 'chunkId')) from jsonb_array_elements(chunks) as c (item))
  then
    raise exception 'chunks is an array of at most 200 different chunks.' using errcode = 'CQ200', hint = 'Each is {chunkId, similarityScore, textScore, score}, best first.';
  end if;
  insert into app_public.message_chunks (workspace_id, conversation_id, message_id, chunk_id, embedding_version_id, similarity_score, text_score, score, rank)
  select
    message.workspace_id, message.conversation_id, message.id, k.id,
    coalesce((c.item ->> 'embeddingVersionId')::uuid, (select v.id from app_public.embedding_versions v where v.status = 'active')),
    (c.item ->> 'similarityScore')::real, (c.item ->> 'textScore')::real, (c.item ->> 'score')::real, c.place
  from jsonb_array_elements(chunks) with ordinality as c (item, place)
  join app_public.chunks k
    on k.workspace_id = message.workspace_id and k.id = (c.item ->> 'chunkId')::uuid
    and (k.owner_id = app_hidden.current_user_id() or k.visibility = 'workspace');
  get diagnostics cited = row_count;
  if cited <> jsonb_array_length(chunks) then
    raise exception 'There is no such chunk.' using errcode = 'CQ204', hint = 'Cite what search returned in this workspace.';
  end if;
end
$$;
comment on function app_private.add_message_chunks(app_public.messages, jsonb) is 'Writes the citations of an answer. Raises CQ200, CQ204.';
