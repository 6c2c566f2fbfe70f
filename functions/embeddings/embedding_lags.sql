-- Which workspaces lack vectors of a version, from maintained counts.
create or replace function app_private.embedding_lags(
  version_id uuid,
  out chunks bigint, out embedded_chunks bigint, out missing_chunks bigint, out workspaces_behind bigint, out lag app_public.embedding_lag[]
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with lags as (
    select k.workspace_id, k.chunks, coalesce(e.embedding_count, 0) as embedded_chunks, k.chunks - coalesce(e.embedding_count, 0) as missing_chunks
    from (
      select c.workspace_id, sum(c.chunk_count)::bigint as chunks from app_hidden.chunk_counts c group by c.workspace_id
    ) as k
    left join app_hidden.embedding_counts e on e.version_id = embedding_lags.version_id and e.workspace_id = k.workspace_id
  )
  select
    coalesce(sum(l.chunks), 0), coalesce(sum(l.embedded_chunks), 0), coalesce(sum(l.missing_chunks), 0),
    count(*) filter (where l.missing_chunks > 0),
    array(
      select row(w.workspace_id, w.chunks, w.embedded_chunks, w.missing_chunks)::app_public.embedding_lag
      from lags w
      where w.missing_chunks > 0
      order by w.missing_chunks desc, w.workspace_id
      limit 20
    )
  from lags l;
$$;
comment on function app_private.embedding_lags(uuid) is
  'Passages in all, those with a vector of a version, those without, how many workspaces have some without, and the twenty that lack most.';
-- Deliberately not granted: it names workspaces.
