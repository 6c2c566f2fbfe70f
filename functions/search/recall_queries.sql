-- What a measurement of recall asks: the vectors of real searches, from each workspace in turn, the latest first; where there
-- are fewer than 20, vectors made of those of stored chunks, as their owners would ask. Never the text of anybody.
--
-- A stored vector as it is would flatter the index, since it is a point of its graph and its neighbours are linked to it: of
-- 4,000 random vectors of 64 dimensions, with an ef_search of 10, such queries found 0.99. So it is turned towards another
-- one, by as much as a question may differ from its answer (cosine 0.9 where the two have nothing in common): then 0.87.
create or replace function app_private.recall_queries(for_version uuid, of_size app_public.search_size_class, most integer)
returns table (source app_public.recall_source, query app_private.recall_query)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set jit = off
as $$
begin
  if (
    select count(*) >= 20
    from (
      select from app_private.workspaces_of_size(of_size) w
      -- nothing may fit the filters of the others any more
      join app_hidden.search_samples s on s.workspace_id = w.workspace_id and s.version_id = for_version and s.filters is null
      limit 20
    ) as enough
  ) then
    return query
    select 'sample'::app_public.recall_source, row(
      x.workspace_id, x.user_id, x.kinds, jsonb_populate_record(null::app_public.search_filters, x.filters), x.embedding
    )::app_private.recall_query
    from (
      select s.*, row_number() over (partition by s.workspace_id order by s.id desc) as turn
      from app_private.workspaces_of_size(of_size) w
      join app_hidden.search_samples s on s.workspace_id = w.workspace_id and s.version_id = for_version
    ) as x
    order by x.turn, x.id desc
    limit most;
    return;
  end if;
  return query
  with workspaces as (
    select w.workspace_id, count(*) over () as of
    from (
      select w.workspace_id
      from app_private.workspaces_of_size(of_size) w
      join app_hidden.embedding_counts e on e.version_id = for_version and e.workspace_id = w.workspace_id and e.embedding_count > 0
      -- others on another day
      order by md5(w.workspace_id::text || current_date)
      limit least(10, most)
    ) as w
  )
  select 'stored'::app_public.recall_source, row(w.workspace_id, c.owner_id, null, null, near.embedding)::app_private.recall_query
  from workspaces w
  cross join lateral (
    select e.chunk_id, e.embedding + e.embedding + coalesce(lag(e.embedding) over (order by md5(e.chunk_id::text)), e.embedding) as embedding
    from (
      select x.chunk_id
      from app_public.embeddings x
      where x.version_id = for_version and x.workspace_id = w.workspace_id
      order by md5(x.chunk_id::text || current_date)
      limit ceil(most::numeric / w.of)
    ) as chosen
    join app_public.embeddings e on e.version_id = for_version and e.workspace_id = w.workspace_id and e.chunk_id = chosen.chunk_id
  ) as near
  join app_public.chunks c on c.workspace_id = w.workspace_id and c.id = near.chunk_id
  order by md5(near.chunk_id::text || current_date)
  limit most;
end
$$;
comment on function app_private.recall_queries(uuid, app_public.search_size_class, integer) is 'Queries for a measurement of recall in workspaces of a size, at most so many.';
