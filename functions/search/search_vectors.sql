-- The leg of vectors: by the index or exactly, and exactly after all where the index gives too few.
create or replace function app_private.search_vectors(
  version app_public.embedding_versions, scope app_private.search_scope, query_embedding extensions.halfvec, candidates integer, threshold real,
  is_plain boolean, out hits app_private.search_hit[], out path text
)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  way record;
  nearest integer;
begin
  way := app_private.search_way(version, scope);
  path := case when way.is_exact then 'exact' else 'index' end;
  if not way.is_exact then
    hits := array(
      select row(s.chunk_id, s.place, s.score, s.importance)::app_private.search_hit
      from app_private.search_vector_index(version, scope, query_embedding, candidates, app_private.search_ef_search(version))
        with ordinality as s (chunk_id, score, importance, place)
    );
    -- too few although there are more: the scan stopped at its limit, so nothing may be trusted to the index
    if cardinality(hits) < candidates then
      path := 'index, then exact';
    end if;
  end if;
  if path <> 'index' then
    -- most of what is near may be read, as a rule: to sort no more than that makes a search of 2,000 chunks a tenth cheaper
    nearest := case when way.is_exact and is_plain and not way.is_narrow and scope.available > 4 * candidates then 4 * candidates end;
    loop
      hits := array(
        select row(s.chunk_id, s.place, s.score, s.importance)::app_private.search_hit
        from app_private.search_vector_exact(version.id, scope, query_embedding, candidates, way.is_narrow, is_plain, nearest)
          with ordinality as s (chunk_id, score, importance, place)
      );
      exit when nearest is null or cardinality(hits) >= candidates;
      nearest := null;
    end loop;
  end if;
  if threshold is not null then
    hits := array(select h::app_private.search_hit from unnest(hits) as h where h.score >= threshold);
  end if;
end
$$;
comment on function app_private.search_vectors(app_public.embedding_versions, app_private.search_scope, extensions.halfvec, integer, real, boolean) is
  'The nearest chunks, those below the threshold left out, and by which path they were found: exact, index, or index and then exact.';
