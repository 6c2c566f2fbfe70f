-- Texts that could not be cut are to be cut again. What is being cut is left alone.
create or replace function app_private.redrive_cutting(for_workspace uuid, max_texts integer)
returns table (workspace_id uuid, source_type text, source_id uuid, texts bigint)
language sql
set search_path = pg_catalog, pg_temp
as $$
  with redriven as (
    delete from app_hidden.cutting_failures f
    where f.id in (
      select d.id
      from app_hidden.cutting_failures d
      left join app_public.conversations c on c.workspace_id = d.workspace_id and c.id = d.conversation_id
      where (redrive_cutting.for_workspace is null or d.workspace_id = redrive_cutting.for_workspace)
        -- what is being cut is left alone, and what was packed since is read no more
        and (d.code <> 'interrupted' or d.next_attempt_at <= clock_timestamp())
        and (c.id is null or c.storage_tier = 'hot')
      order by d.failed_at
      limit max_texts
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
  order by 1, 2, 3;
$$;
comment on function app_private.redrive_cutting(uuid, integer) is 'Forgets failures of cutting, of one workspace or of all, at most so many, and returns the sources that are to be cut again.';
-- Deliberately not granted: app_hidden.redrive_embeddings calls it.
