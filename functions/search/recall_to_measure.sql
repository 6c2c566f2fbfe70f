-- What the job of measuring recall calls first: which versions and sizes of workspaces have something to measure.
create or replace function app_hidden.recall_to_measure()
returns table (version_id uuid, version_name text, size_class app_public.search_size_class)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.id, v.name, c.size_class
  from app_public.embedding_versions v
  cross join lateral (
    select distinct app_private.search_size_class(k.chunk_count) as size_class
    from (
      select c.workspace_id, sum(c.chunk_count)::bigint as chunk_count from app_hidden.chunk_counts c group by c.workspace_id
    ) as k
    join app_hidden.embedding_counts e on e.version_id = v.id and e.workspace_id = k.workspace_id and e.embedding_count > 0
  ) as c
  -- one that is being built as soon as it has what it will be searched by
  where v.status = 'active' or v.status = 'building' and app_private.embedding_index_is_valid(v.id)
  order by v.status = 'active' desc, v.id, c.size_class desc;
$$;
comment on function app_hidden.recall_to_measure() is 'Embedding versions, and the sizes of workspaces in which there is something to measure. For the job.';
grant execute on function app_hidden.recall_to_measure() to colloquy_worker;
