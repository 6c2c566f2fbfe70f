-- A chunk that was found by its meaning before a version is activated must be found after it. So this looks for chunks with a
-- vector in the active version and none in the new one, while nobody can add to the active version.
create or replace function app_private.embeddings_missing(in_version uuid, than_version uuid, most bigint default 1000)
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select count(*)
  from (
    select
    from (
      select k.workspace_id
      from app_hidden.chunk_counts k
      group by k.workspace_id
      -- as many as there are chunks: none can be missing
      having sum(k.chunk_count) <> coalesce(
        (select e.embedding_count from app_hidden.embedding_counts e where e.version_id = in_version and e.workspace_id = k.workspace_id), 0
      )
    ) as differs
    join app_public.embeddings a on a.version_id = than_version and a.workspace_id = differs.workspace_id
    where not exists (
      select from app_public.embeddings n
      where n.version_id = in_version and n.workspace_id = differs.workspace_id and n.chunk_id = a.chunk_id
    )
    limit most
  ) as missing;
$$;
comment on function app_private.embeddings_missing(uuid, uuid, bigint) is
  'Chunks that have a vector in the second version and none in the first; reads only workspaces whose counts leave it open. Counts to a limit.';
