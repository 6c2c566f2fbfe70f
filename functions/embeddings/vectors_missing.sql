-- How many passages lack a vector of a version, counted to 1,000: whether any does is what is asked.
create or replace function app_private.vectors_missing(version_id uuid)
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select count(*)
  from (
    select from app_public.chunks c
    where not exists (
      select from app_public.embeddings e where e.version_id = vectors_missing.version_id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
    )
    limit 1000
  ) as c;
$$;
comment on function app_private.vectors_missing(uuid) is 'Passages without a vector of a version, at most 1,000.';
-- Deliberately not granted: app_public.activate_embedding_version calls it.
