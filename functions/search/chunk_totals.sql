-- How much there is to search in a workspace, by the counts that triggers keep: never by counting. Without a set clause, so
-- that it becomes a part of the query that asks.
create or replace function app_private.chunk_totals(workspace uuid, kinds app_public.source_type[])
returns table (available bigint, everything bigint, has_memories boolean, has_archived boolean)
language sql
stable
as $$
  select
    coalesce(sum(k.chunk_count) filter (where k.source_type = any (kinds)), 0)::bigint, coalesce(sum(k.chunk_count), 0)::bigint,
    coalesce(bool_or(k.source_type = 'memory' and k.chunk_count > 0), false) and 'memory' = any (kinds),
    'document' = any (kinds) and exists (select from app_public.documents d where d.workspace_id = chunk_totals.workspace and d.is_archived)
  from app_hidden.chunk_counts k
  where k.workspace_id = workspace;
$$;
comment on function app_private.chunk_totals(uuid, app_public.source_type[]) is
  'Chunks of the asked kinds, chunks of all kinds, whether memories are among what is asked for and there, and whether archived documents are.';
