-- Recall is measured in workspaces of one size (search_size_class): those that have passages.
create or replace function app_private.workspaces_of_size(of_size app_public.search_size_class)
returns table (workspace_id uuid, chunk_count bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select k.workspace_id, sum(k.chunk_count)::bigint
  from app_hidden.chunk_counts k
  group by k.workspace_id
  having sum(k.chunk_count) > 0 and app_private.search_size_class(sum(k.chunk_count)::bigint) = of_size;
$$;
comment on function app_private.workspaces_of_size(app_public.search_size_class) is 'Workspaces of a size that have passages, and how many.';
