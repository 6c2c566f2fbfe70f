-- Which passages ask two versions: some that both have a vector of, the same ones each time.
create or replace function app_private.comparable_chunks(version_a uuid, version_b uuid, samples integer)
returns table (workspace_id uuid, size bigint, chunk_id uuid)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- in proportion to what both have in a workspace; the largest workspaces, as many as there are samples
  with sizes as (
    select a.workspace_id, least(a.embedding_count, b.embedding_count) as size
    from app_hidden.embedding_counts a
    join app_hidden.embedding_counts b on b.version_id = version_b and b.workspace_id = a.workspace_id
    where a.version_id = version_a and least(a.embedding_count, b.embedding_count) > 1
    order by 2 desc, 1
    limit samples
  ),
  shares as (
    select s.workspace_id, s.size, ceil(samples * s.size / sum(s.size) over ())::integer as wanted from sizes s
  )
  select s.workspace_id, s.size, c.chunk_id
  from shares s
  cross join lateral (
    select e.chunk_id
    from app_public.embeddings e
    where e.version_id = version_a and e.workspace_id = s.workspace_id
      and exists (
        select from app_public.embeddings o where o.version_id = version_b and o.workspace_id = s.workspace_id and o.chunk_id = e.chunk_id
      )
    -- any order that says nothing about the text, and is the same each time
    order by md5(e.chunk_id::text)
    limit s.wanted
  ) as c
  order by md5(c.chunk_id::text)
  limit samples;
$$;
comment on function app_private.comparable_chunks(uuid, uuid, integer) is 'Passages with a vector of both versions, in proportion to what each workspace has, with the number of vectors of both there.';
-- Deliberately not granted: app_public.compare_embedding_versions calls it.
