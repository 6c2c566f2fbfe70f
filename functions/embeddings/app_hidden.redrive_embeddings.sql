-- Gives chunks that failed another life: as many attempts as in the beginning, at once. For an operator in any or every
-- workspace. Called again while they wait, it does nothing worse than to ask again.
create or replace function app_hidden.redrive_embeddings(for_workspace uuid default null, max_chunks integer default 100000)
returns app_public.redriven_embeddings
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  source record;
  result app_public.redriven_embeddings := (0, 0, 0);
begin
  -- of texts that could not be cut: messages behind one that was passed over keep their chunks
  for source in
    select r.* from app_private.redrive_cutting(redrive_embeddings.for_workspace, max_chunks) as r
  loop
    perform app_hidden.enqueue(
      'index-source',
      jsonb_build_object('workspaceId', source.workspace_id, 'sourceType', source.source_type, 'sourceId', source.source_id),
      source.source_type || ':' || source.source_id, source.workspace_id::text
    );
    result.texts := result.texts + source.texts;
    result.sources := result.sources + 1;
  end loop;
  for source in
    with redriven as (
      delete from app_hidden.embedding_failures f
      where (f.version_id, f.workspace_id, f.chunk_id) in (
        select d.version_id, d.workspace_id, d.chunk_id
        from app_hidden.embedding_failures d
        where redrive_embeddings.for_workspace is null or d.workspace_id = redrive_embeddings.for_workspace
        order by d.failed_at
        limit max_chunks
        for update skip locked
      )
      returning f.workspace_id, f.chunk_id
    )
    select c.workspace_id, c.source_type, coalesce(c.document_id, c.conversation_id, c.memory_item_id, c.raw_event_id) as source_id,
      count(*) as chunks
    from redriven r
    join app_public.chunks c on c.workspace_id = r.workspace_id and c.id = r.chunk_id
    group by 1, 2, 3
    order by 1, 2, 3
  loop
    -- one job of a workspace does all of it
    perform app_hidden.enqueue(
      'embed-chunks', jsonb_build_object('workspaceId', source.workspace_id), source.workspace_id::text, source.workspace_id::text
    );
    result.chunks := result.chunks + source.chunks;
    result.sources := result.sources + 1;
  end loop;
  return result;
end
$$;
comment on function app_hidden.redrive_embeddings(uuid, integer) is 'Puts chunks that failed, and texts that could not be cut, back into the queue, of one workspace or of all. Returns how many, of how many sources.';
grant execute on function app_hidden.redrive_embeddings(uuid, integer) to colloquy_worker;
