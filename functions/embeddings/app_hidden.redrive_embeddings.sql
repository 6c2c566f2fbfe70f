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
    with redriven as (
      delete from app_hidden.cutting_failures f
      where f.id in (
        select d.id
        from app_hidden.cutting_failures d
        left join app_public.conversations c on c.workspace_id = d.workspace_id and c.id = d.conversation_id
        where (redrive_embeddings.for_workspace is null or d.workspace_id = redrive_embeddings.for_workspace)
          -- what is being cut is left alone, and what was packed since is read no more
          and (d.code <> 'interrupted' or d.next_attempt_at <= clock_timestamp())
          and (c.id is null or c.storage_tier = 'hot')
        order by d.failed_at
        limit max_chunks
        for update of d skip locked
      )
      returning f.workspace_id, f.document_id, f.conversation_id, f.memory_item_id, f.sequence_number
    ),
    again as (
      update app_public.conversations c
      set indexed_sequence_number = least(c.indexed_sequence_number, r.sequence_number - 1)
      from (
        select x.workspace_id, x.conversation_id, min(x.sequence_number) as sequence_number
        from redriven x where x.conversation_id is not null group by x.workspace_id, x.conversation_id
      ) as r
      where c.workspace_id = r.workspace_id and c.id = r.conversation_id
    )
    select r.workspace_id,
      case when r.document_id is not null then 'document' when r.memory_item_id is not null then 'memory' else 'message' end as source_type,
      coalesce(r.document_id, r.memory_item_id, r.conversation_id) as source_id, count(*) as texts
    from redriven r
    group by 1, 2, 3
    order by 1, 2, 3
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
